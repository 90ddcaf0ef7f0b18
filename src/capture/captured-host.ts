/** The parts of the format of machine files that a capture writes; docs/machine-files.md says what they mean. */

export type CapturedHost = {
  readonly name: string
  readonly machineId?: string
  readonly cpus: number
  readonly iommu: boolean
  readonly kernelRelease: string
  readonly multipath: boolean
  readonly subsystems: readonly CapturedSubsystem[]
  readonly otherFunctions: readonly CapturedFunction[]
}

/** Of a function's configuration space. */
export type FunctionIds = {
  readonly classCode: number
  readonly vendor: number
  readonly device: number
  readonly subsystemVendor: number
  readonly subsystemDevice: number
  readonly revision: number
}

export type CapturedFunction = FunctionIds & {
  readonly address: string
  readonly driver?: string
  readonly group?: string
  readonly behind?: string
}

export type CapturedSubsystem = {
  readonly nqn: string
  readonly serial: string
  readonly model: string
  readonly firmware: string
  readonly vendor: number
  readonly device: number
  readonly subsystemVendor: number
  readonly subsystemDevice: number
  readonly revision: number
  readonly multiController: boolean
  readonly lbaFormats?: readonly CapturedFormat[]
  readonly capacityBytes?: number
  readonly controllers: readonly CapturedController[]
  readonly namespaces: readonly CapturedNamespace[]
}

export type CapturedFormat = { readonly blockBytes: number; readonly metadataBytes: number }

export type CapturedDevice = 'qemu-7.2' | 'qemu-10' | 'specification' | 'pm1733' | 'plain'

export type CapturedController = {
  readonly address: string
  readonly device: CapturedDevice
  readonly cntlid: number
  readonly rootPort: string
  readonly deviceSerialNumber?: string
  readonly numaNode: number
  readonly group?: string
  readonly link?: {
    readonly speed: string
    readonly width: number
    readonly maxSpeed?: string
    readonly maxWidth?: number
  }
  readonly resetMethods: readonly ('flr' | 'bus')[]
  readonly ioQueues: number
  readonly sriov?: CapturedSriov
  readonly driver: 'nvme' | 'vfio-pci' | 'none'
  readonly driverOverride?: string
}

export type CapturedSriov = {
  readonly totalVfs: number
  readonly offset: number
  readonly stride: number
  readonly vfDevice: number
  readonly vqFlexible: number
  readonly viFlexible: number
  readonly maxVqPerVf: number
  readonly maxViPerVf: number
  readonly vqPrivate: number
  readonly viPrivate: number
  readonly vqGranularity?: number
  readonly viGranularity?: number
  readonly vqPrimary?: number
  readonly viPrimary?: number
  readonly vfGroup?: string
  readonly secondaryCntlids?: readonly number[]
  readonly vfCount: number
  readonly autoprobe: boolean
  readonly virtualFunctions: readonly CapturedVf[]
}

export type CapturedVf = {
  readonly vfNumber: number
  readonly vq: number
  readonly vi: number
  readonly online?: boolean
  readonly namespaces?: readonly number[]
  readonly driver?: 'nvme' | 'vfio-pci'
  readonly driverOverride?: string
}

export type CapturedNamespace = {
  readonly nsid: number
  readonly sizeBytes: number
  readonly blockBytes: number
  readonly metadataBytes: number
  readonly attached: boolean
  readonly attachedTo?: readonly number[]
  readonly shared: boolean
  readonly mount?: readonly string[]
  readonly holder?: readonly string[]
  readonly swap?: boolean
  readonly nguid?: string
  readonly eui64?: string
  readonly uuid?: string
}

/** Without what is undefined: a field that is not there has its default. */
export function present<T extends object>(
  fields: T
): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(kept) as { [K in keyof T]: Exclude<T[K], undefined> }
}
