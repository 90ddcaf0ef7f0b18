/** What a description says was set up before nvirt first looks, and could not have been: VFs, their resources, bindings, mounts. */
import { buildDrive } from './devices/build-drive.ts'
import type { PrimaryController } from './devices/subsystem.ts'
import type { FleetFault } from './fleet-fault.ts'
import { repeated } from './fleet-sound.ts'
import type { Placed } from './fleet-sound.ts'
import type {
  ControllerDescription,
  NamespaceDescription,
  SriovDescription,
  SubsystemDescription,
  VirtualFunctionDescription,
} from './fleet.ts'

export function foundFaults(
  subsystem: SubsystemDescription,
  at: string,
  iommu: boolean
): readonly FleetFault[] {
  const drive = buildDrive(subsystem)
  return [
    ...drive.controllers.flatMap(({ controller, description }, c) => {
      const place = `${at}.controllers[${c}]`
      const primary = controller.kind === 'primary' ? controller : undefined
      return [
        ...driverFaults(description, place, iommu),
        ...(primary && description.sriov
          ? vfFaults(primary, description.sriov, `${place}.sriov`, iommu)
          : []),
      ]
    }),
    ...namespaceFaults(subsystem, at),
  ]
}

function driverFaults(
  { driver }: Pick<VirtualFunctionDescription | ControllerDescription, 'driver'>,
  at: string,
  iommu: boolean
): readonly FleetFault[] {
  if (driver !== 'vfio-pci' || iommu) return []
  return [{ field: `${at}.driver`, reason: 'cannot be vfio-pci without an IOMMU' }]
}

function vfFaults(
  { pools }: PrimaryController,
  sriov: SriovDescription,
  at: string,
  iommu: boolean
): readonly FleetFault[] {
  const list = `${at}.virtualFunctions`
  const vfs = (sriov.virtualFunctions ?? []).map((item, i) => ({
    item,
    at: `${list}[${i}]`,
  }))
  const overdrawn = (['vq', 'vi'] as const).filter(
    (kind) =>
      vfs.reduce((sum, { item }) => sum + (item[kind] ?? 0), 0) >
      pools[kind].total - pools[kind].primary
  )
  return [
    ...repeated(vfs, 'vfNumber', ({ vfNumber }) => vfNumber),
    ...overdrawn.map((kind) => ({
      field: list,
      reason: `have more ${kind.toUpperCase()} than there are`,
    })),
    ...vfs.flatMap((one) => [
      ...resourceFaults(one, sriov),
      ...presenceFaults(one, sriov),
      ...driverFaults(one.item, one.at, iommu),
    ]),
  ]
}

function resourceFaults(
  { item, at }: Placed<VirtualFunctionDescription>,
  { totalVfs, maxVqPerVf, maxViPerVf }: SriovDescription
): readonly FleetFault[] {
  const { vfNumber, vq = 0, vi = 0, online = false, driver } = item
  const faults: FleetFault[] = []
  const fault = (field: string, reason: string) =>
    faults.push({ field: `${at}.${field}`, reason })
  if (vfNumber > totalVfs) fault('vfNumber', `must be at most ${totalVfs}`)
  if (vq > maxVqPerVf) fault('vq', `must be at most ${maxVqPerVf}`)
  if (vi > maxViPerVf) fault('vi', `must be at most ${maxViPerVf}`)
  if (online && (vq < 2 || vi < 1)) fault('online', 'needs two VQ and one VI')
  if (driver === 'nvme' && !online) fault('driver', 'cannot be nvme while it is offline')
  return faults
}

/** A VF that is not enabled can have resources, and nothing else. */
function presenceFaults(
  { item, at }: Placed<VirtualFunctionDescription>,
  { vfCount = 0 }: SriovDescription
): readonly FleetFault[] {
  if (item.vfNumber <= vfCount) return []
  const needing = ['online', 'namespaces', 'driver', 'driverOverride'] as const
  return needing
    .filter((name) => item[name] !== undefined && item[name] !== false)
    .map((name) => ({
      field: `${at}.${name}`,
      reason: `needs the VF enabled: vfCount is ${vfCount}`,
    }))
}

function namespaceFaults(
  subsystem: SubsystemDescription,
  at: string
): readonly FleetFault[] {
  const vfs = subsystem.controllers.flatMap(({ sriov }) => sriov?.virtualFunctions ?? [])
  return [
    ...subsystem.namespaces.flatMap((namespace, n) =>
      ownerFaults(namespace, `${at}.namespaces[${n}]`, subsystem, vfs)
    ),
    ...unknownNamespaces(subsystem, at),
  ]
}

function ownerFaults(
  namespace: NamespaceDescription,
  at: string,
  { controllers }: SubsystemDescription,
  vfs: readonly VirtualFunctionDescription[]
): readonly FleetFault[] {
  const { nsid, shared } = namespace
  const atStart = attachedAtStart(namespace, controllers)
  const ofVfs = vfs.filter(({ namespaces }) => namespaces?.includes(nsid))
  const hasDisk =
    atStart.some(({ driver = 'nvme' }) => driver === 'nvme') ||
    ofVfs.some(({ driver }) => driver === 'nvme')
  const faults: FleetFault[] = []
  if (!shared && ofVfs.length + atStart.length > 1)
    faults.push({ field: `${at}.shared`, reason: 'is false, and more than one has it' })
  for (const use of ['mount', 'holder', 'swap'] as const)
    if (namespace[use] !== undefined && namespace[use] !== false && !hasDisk)
      faults.push({
        field: `${at}.${use}`,
        reason: 'needs a disk: nvme has no controller that it is attached to',
      })
  return faults
}

/** A private namespace is the first's. */
function attachedAtStart(
  { attached, attachedTo, shared }: NamespaceDescription,
  controllers: readonly ControllerDescription[]
): readonly ControllerDescription[] {
  if (!attached) return []
  const meant = controllers.filter(
    ({ cntlid }) => !attachedTo || (cntlid !== undefined && attachedTo.includes(cntlid))
  )
  return shared ? meant : meant.slice(0, 1)
}

function unknownNamespaces(
  { controllers, namespaces }: SubsystemDescription,
  at: string
): readonly FleetFault[] {
  const known = new Set(namespaces.map(({ nsid }) => nsid))
  return controllers.flatMap(({ sriov }, c) =>
    (sriov?.virtualFunctions ?? []).flatMap((vf, v) =>
      (vf.namespaces ?? []).flatMap((nsid, n) => {
        const field = `${at}.controllers[${c}].sriov.virtualFunctions[${v}].namespaces[${n}]`
        return known.has(nsid) ? [] : [{ field, reason: 'is no namespace of this drive' }]
      })
    )
  )
}
