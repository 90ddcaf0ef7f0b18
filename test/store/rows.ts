/** Rows as a scan and a workflow would make them; a test names only what it is about. */
import type { ControllerObservation } from '../../src/host/observation.ts'
import type { LogEntry } from '../../src/saga/log.ts'
import type { OperationRecord } from '../../src/saga/operation.ts'
import type {
  AssignmentRow,
  ControllerRow,
  DriftRow,
  HostRow,
  NamespaceRow,
  NewEvent,
  VirtualFunctionRow,
} from '../../src/store/rows.ts'
import type { Store, StoreWrite } from '../../src/store/store.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'

const AT = '2026-01-01T00:00:00.000Z'

export function hostRow(set: Partial<HostRow> = {}): HostRow {
  return {
    id: 'host-a',
    machineId: 'a'.repeat(32),
    bootId: 'boot-1',
    hostname: 'rack1',
    kernelRelease: '6.1.0',
    onlineCpus: 4,
    iommu: true,
    reach: 'reachable',
    why: null,
    observedAt: AT,
    driftPolicy: 'report',
    settledBootId: 'boot-1',
    unrestored: 0,
    ...set,
  }
}

export function controllerRow(
  set: Partial<Omit<ControllerRow, 'sriovBefore'>> = {}
): Omit<ControllerRow, 'sriovBefore'> {
  const address = pciAddress('0000:01:00.0')
  return {
    id: 'controller-a',
    hostId: 'host-a',
    serial: 'S1',
    subsystemNqn: 'nqn.a',
    cntlid: 0,
    address,
    present: true,
    ambiguous: false,
    observation: {
      address,
      pci: {
        vendor: '0x1b36',
        device: '0x0010',
        subsystemVendor: '0x1af4',
        subsystemDevice: '0x1100',
        serialNumber: null,
        topology: 'pci0000:00/0000:00:02.0',
        bootId: 'boot-1',
      },
      class: '0x010802',
      binding: { driver: 'nvme', override: null },
      group: null,
      numaNode: -1,
      link: { currentSpeed: null, currentWidth: null, maxSpeed: null, maxWidth: null },
      resetMethods: null,
      sriov: null,
      vf: null,
      controller: null,
      blocked: null,
    },
    lastController: null,
    observedAt: AT,
    ...set,
  }
}

export function controllerAnswer(): ControllerObservation {
  return {
    name: 'nvme0',
    state: 'live',
    serial: 'S1',
    model: 'M',
    firmware: '1',
    subsystemNqn: 'nqn.a',
    cntlid: 0,
    queueCount: 5,
    queueDepth: 1023,
    capabilities: null,
    primary: null,
    secondaries: [],
    health: null,
  }
}

export function virtualFunctionRow(
  set: Partial<Omit<VirtualFunctionRow, 'provisioned'>> = {}
): Omit<VirtualFunctionRow, 'provisioned'> {
  return {
    id: 'vf-1',
    hostId: 'host-a',
    controllerId: 'controller-a',
    vfNumber: 1,
    cntlid: 1,
    address: null,
    secondaryState: 'offline',
    vq: 0,
    vi: 0,
    observation: null,
    observedAt: AT,
    ...set,
  }
}

export function namespaceRow(set: Partial<NamespaceRow> = {}): NamespaceRow {
  return {
    id: 'namespace-1',
    hostId: 'host-a',
    present: true,
    observation: {
      subsystemNqn: 'nqn.a',
      serial: 'S1',
      nsid: 1,
      nguid: null,
      eui64: '525400fffe000001',
      uuid: null,
      sizeBytes: '1073741824',
      blockBytes: 512,
      metadataBytes: 0,
      shared: true,
      attachedTo: [0],
      disks: ['nvme0n1'],
      uses: [],
    },
    observedAt: AT,
    ...set,
  }
}

export function assignmentRow(set: Partial<AssignmentRow> = {}): AssignmentRow {
  return {
    id: 'assignment-1',
    hostId: 'host-a',
    functionKind: 'virtualFunction',
    functionId: 'vf-1',
    state: 'requested',
    consumer: 'vm-1',
    actor: 'token:admin',
    tenant: 'default',
    operationId: 'operation-1',
    before: null,
    handOver: null,
    quarantine: null,
    createdAt: AT,
    updatedAt: AT,
    ...set,
  }
}

export function driftRow(set: Partial<DriftRow> = {}): DriftRow {
  return {
    hostId: 'host-a',
    functionKind: 'virtualFunction',
    functionId: 'vf-1',
    kind: 'driver-changed',
    tenant: 'default',
    expected: { driver: null },
    found: { driver: 'nvme' },
    since: '2026-01-01T00:00:00.000Z',
    ...set,
  }
}

export function operationRecord(set: Partial<OperationRecord> = {}): OperationRecord {
  const step = {
    state: 'pending',
    output: null,
    error: null,
    attempts: 0,
    progress: null,
    startedAt: null,
    endedAt: null,
  } as const
  return {
    id: 'operation-1',
    workflow: 'assign-function',
    version: 1,
    params: { functionId: 'vf-1' },
    state: 'running',
    steps: [
      { name: 'record-binding', ...step },
      { name: 'bind-vfio', ...step },
    ],
    committed: false,
    cancelRequest: null,
    retried: false,
    error: null,
    blocked: null,
    waitsFor: [],
    actor: 'token:admin',
    tenant: 'default',
    owner: 'process-1',
    leaseUntilMs: 30_000,
    fence: 1,
    createdAt: AT,
    updatedAt: AT,
    ...set,
  }
}

export function newEvent(set: Partial<NewEvent> = {}): NewEvent {
  return {
    type: 'host.appeared',
    at: AT,
    hostId: 'host-a',
    subject: { kind: 'host', id: 'host-a' },
    actor: 'system',
    tenant: 'default',
    operationId: null,
    detail: { hostname: 'rack1' },
    ...set,
  }
}

/** One row of each kind that a scan makes. */
export async function withInventory(store: Store): Promise<void> {
  await store.commit([
    { write: 'putHost', row: hostRow() },
    {
      write: 'reconcile',
      controllers: [controllerRow()],
      virtualFunctions: [virtualFunctionRow()],
      namespaces: [namespaceRow()],
    },
  ])
}

/** What an engine writes for an entry. */
export function logged(entry: LogEntry): StoreWrite {
  return { write: 'logOperation', entry }
}
