/** Hosts as a scan would see them: one SR-IOV drive with two VFs and a plain one, to be varied by tests. */
import type {
  ControllerObservation,
  FunctionObservation,
  HostFacts,
  HostObservation,
  NamespaceObservation,
} from '../../src/host/observation.ts'
import type { PciFacts } from '../../src/host/query.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import type { FlexiblePool } from '../../src/nvme/secondary-controller.ts'

export const PF = pciAddress('0000:01:00.0')
export const PLAIN = pciAddress('0000:02:00.0')
export const VF1 = pciAddress('0000:01:00.1')

export const FACTS: HostFacts = {
  machineId: '0123456789abcdef0123456789abcdef',
  bootId: 'boot-1',
  hostname: 'rack1',
  kernelRelease: '6.1.0',
  onlineCpus: 4,
  iommu: true,
}

export function pci(address: string, over: Partial<PciFacts> = {}): PciFacts {
  return {
    vendor: '0x1b36',
    device: '0x0010',
    subsystemVendor: '0x1af4',
    subsystemDevice: '0x1100',
    serialNumber: null,
    topology: `pci0000:00/0000:00:04.0/${address}`,
    bootId: 'boot-1',
    ...over,
  }
}

export function fn(over: Partial<FunctionObservation> = {}): FunctionObservation {
  const address = over.address ?? PLAIN
  return {
    address,
    pci: pci(address),
    class: '0x010802',
    binding: { driver: 'nvme', override: null },
    group: { number: 8, members: [], viable: false },
    numaNode: 0,
    link: { currentSpeed: null, currentWidth: null, maxSpeed: null, maxWidth: null },
    resetMethods: ['flr'],
    sriov: null,
    vf: null,
    controller: controller(),
    blocked: null,
    ...over,
  }
}

export function controller(
  over: Partial<ControllerObservation> = {}
): ControllerObservation {
  return {
    name: 'nvme1',
    state: 'live',
    serial: 'PLAIN0',
    model: 'QEMU NVMe Ctrl',
    firmware: '7.2.22',
    subsystemNqn: 'nqn.2019-08.org.qemu:plain',
    cntlid: 0,
    queueCount: 5,
    queueDepth: 1023,
    capabilities: {
      namespaceManagement: false,
      virtualizationManagement: false,
      doorbellBufferConfig: true,
      format: true,
      maxNamespaces: 256,
      totalCapacityBytes: '0',
    },
    primary: null,
    secondaries: [],
    health: {
      criticalWarning: 0,
      temperatureKelvin: 310,
      availableSparePercent: 100,
      percentageUsed: 1,
      dataUnitsRead: '1',
      dataUnitsWritten: '1',
      powerOnHours: '1',
      mediaErrors: '0',
    },
    ...over,
  }
}

const POOL: FlexiblePool = {
  supported: true,
  total: 32,
  assigned: 0,
  primary: 0,
  private: 3,
  maxPerSecondary: 8,
  granularity: 1,
}

export const PRIMARY_CONTROLLER = controller({
  name: 'nvme0',
  serial: 'PF0',
  subsystemNqn: 'nqn.2019-08.org.qemu:sub0',
  primary: { cntlid: 0, vq: POOL, vi: POOL },
  secondaries: [secondary(1), secondary(2)],
})

export function secondary(number: number, online = false) {
  return {
    cntlid: number,
    primaryCntlid: 0,
    state: online ? ('online' as const) : ('offline' as const),
    vfNumber: number,
    held: online ? { vq: 4, vi: 4 } : { vq: 0, vi: 0 },
  }
}

export function primary(over: Partial<FunctionObservation> = {}): FunctionObservation {
  return fn({
    address: PF,
    sriov: { totalVfs: 2, vfCount: 0, autoprobe: true, offset: 1, stride: 1 },
    controller: PRIMARY_CONTROLLER,
    ...over,
  })
}

export function vf(over: Partial<FunctionObservation> = {}): FunctionObservation {
  return fn({
    address: VF1,
    binding: { driver: null, override: null },
    vf: { pf: PF, vfNumber: 1 },
    controller: null,
    ...over,
  })
}

export function namespace(over: Partial<NamespaceObservation> = {}): NamespaceObservation {
  return {
    subsystemNqn: PRIMARY_CONTROLLER.subsystemNqn,
    serial: PRIMARY_CONTROLLER.serial,
    nsid: 1,
    nguid: null,
    eui64: null,
    uuid: null,
    sizeBytes: '1048576',
    blockBytes: 512,
    metadataBytes: 0,
    shared: true,
    attachedTo: [0],
    disks: ['nvme0n1'],
    uses: [],
    ...over,
  }
}

/** Namespaces were told by every controller that answered. */
export function scanOf(
  functions: readonly FunctionObservation[],
  namespaces: readonly NamespaceObservation[] = [],
  observedAt = '2026-01-01T00:00:00.000Z'
): HostObservation {
  const listed = functions.flatMap(({ controller }) =>
    controller?.capabilities ? [nameOf(controller)] : []
  )
  return { host: FACTS, functions, namespaces, listed, observedAt }
}

function nameOf({ subsystemNqn, serial }: ControllerObservation) {
  return { subsystemNqn, serial }
}

/** With a guest. */
export const VFIO = { driver: 'vfio-pci', override: 'vfio-pci' }
