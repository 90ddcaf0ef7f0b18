/**
 * The operations of the half-done database: each workflow, left in every state that it has. Where one dies is counted in
 * control calls to its drive, the nth of which took effect and never came back.
 */
import { DEMO } from '../../../src/access/caller.ts'
import type { FaultDescription } from '../../../src/host/drills.ts'
import type { OperationState } from '../../../src/saga/operation.ts'
import type { OperationView } from '../../../src/workflows/workflows.ts'
import { PLAIN, SRIOV, type Service } from './service.ts'

export type Case = {
  readonly name: string
  readonly host: string
  readonly drive: typeof SRIOV | typeof PLAIN
  /** Brings the drive to where the operation begins. */
  readonly prepare: (service: Service, host: string) => Promise<unknown>
  readonly start: (service: Service, host: string) => Promise<OperationView>
  readonly diesAt?: number
  readonly faults?: readonly FaultDescription[]
  /** What the former process left: the step is the one that is neither done nor yet to come. */
  readonly left: {
    readonly state: OperationState
    readonly committed: boolean
    /** By its names in the versions of the workflow. */
    readonly step?: { readonly names: readonly string[]; readonly state: string }
  }
  /** How the next process ends it, its drive as it was found or at the goal; then what `retry` makes of a stuck one. */
  readonly end: {
    readonly state: OperationState
    readonly drive: 'found' | 'goal' | 'half'
  }
}

const nothing = () => Promise.resolve()

const EIO = { fault: 'errno', errno: 'EIO' } as const
/** NVMe Base 2.1, "Generic Command Status Values": Internal Error, with Do Not Retry. */
const INTERNAL_ERROR = { fault: 'status', status: 0x4006 } as const
const VIRTUALIZATION_MANAGEMENT = 0x1c
const NAMESPACE_ATTACHMENT = 0x15
/** NVMe Base 2.1, "Virtualization Management command", ACT: Secondary Online; of the first VF. */
const ONLINE = { opcode: VIRTUALIZATION_MANAGEMENT, cdw10: 0x10009 }

/** Both ways in which the driver asks for a function to be bound. */
const BINDING = ['**/drivers_probe', '**/bind'].map((path) => ({ path, address: PLAIN }))

export const CASES: readonly Case[] = [
  {
    name: 'provisioning, between resources and online',
    host: 'host-1',
    drive: SRIOV,
    prepare: nothing,
    start: (service, host) => provision(service, host, 2),
    diesAt: 5,
    left: {
      state: 'running',
      committed: false,
      step: { names: ['reset-vf1', 'reset-vfs'], state: 'running' },
    },
    end: { state: 'succeeded', drive: 'goal' },
  },
  {
    name: 'provisioning, waiting for the one before it',
    host: 'host-1',
    drive: SRIOV,
    prepare: nothing,
    start: (service, host) => provision(service, host, 3),
    left: { state: 'waiting', committed: false },
    end: { state: 'succeeded', drive: 'goal' },
  },
  {
    name: 'assigning, between the drivers',
    host: 'host-1',
    drive: PLAIN,
    prepare: nothing,
    start: assign,
    diesAt: 2,
    left: {
      state: 'running',
      committed: false,
      step: { names: ['bind-vfio'], state: 'running' },
    },
    end: { state: 'succeeded', drive: 'goal' },
  },
  {
    name: 'provisioning, on its way back',
    host: 'host-2',
    drive: SRIOV,
    prepare: nothing,
    start: (service, host) => provision(service, host, 2),
    faults: [{ match: { ...ONLINE }, times: 1, kind: INTERNAL_ERROR }],
    diesAt: 7,
    left: {
      state: 'undoing',
      committed: false,
      step: { names: ['online-vf1', 'online-vfs'], state: 'undoing' },
    },
    end: { state: 'undone', drive: 'found' },
  },
  {
    name: 'assigning, on its way back',
    host: 'host-2',
    drive: PLAIN,
    prepare: nothing,
    start: assign,
    faults: BINDING.map((match) => ({ match, times: 1, kind: EIO })),
    diesAt: 5,
    left: {
      state: 'undoing',
      committed: false,
      step: { names: ['bind-vfio'], state: 'undoing' },
    },
    end: { state: 'undone', drive: 'found' },
  },
  {
    name: 'retiring, before its commit step',
    host: 'host-3',
    drive: SRIOV,
    prepare: provisioned,
    start: retire,
    diesAt: 1,
    left: {
      state: 'running',
      committed: false,
      step: { names: ['unbind'], state: 'running' },
    },
    end: { state: 'succeeded', drive: 'goal' },
  },
  {
    name: 'assigning, stuck with an undo that failed',
    host: 'host-3',
    drive: PLAIN,
    prepare: nothing,
    start: assign,
    faults: BINDING.map((match) => ({ match, kind: EIO })),
    left: {
      state: 'stuck',
      committed: false,
      step: { names: ['bind-vfio'], state: 'undo-failed' },
    },
    end: { state: 'stuck', drive: 'half' },
  },
  {
    name: 'retiring, after its commit step',
    host: 'host-4',
    drive: SRIOV,
    prepare: provisioned,
    start: retire,
    diesAt: 3,
    left: {
      state: 'running',
      committed: true,
      step: { names: ['detach-namespaces'], state: 'running' },
    },
    end: { state: 'succeeded', drive: 'goal' },
  },
  {
    name: 'releasing, between the drivers',
    host: 'host-4',
    drive: PLAIN,
    prepare: assigned,
    start: release,
    diesAt: 2,
    left: {
      state: 'running',
      committed: false,
      step: { names: ['restore-binding', 'take-back'], state: 'running' },
    },
    end: { state: 'succeeded', drive: 'goal' },
  },
  {
    name: 'retiring, stuck after its commit step',
    host: 'host-5',
    drive: SRIOV,
    prepare: provisioned,
    start: retire,
    faults: [{ match: { opcode: NAMESPACE_ATTACHMENT }, kind: INTERNAL_ERROR }],
    left: {
      state: 'stuck',
      committed: true,
      step: { names: ['detach-namespaces'], state: 'failed' },
    },
    end: { state: 'stuck', drive: 'half' },
  },
  {
    name: 'releasing, blocked in the kernel',
    host: 'host-5',
    drive: PLAIN,
    prepare: assigned,
    start: release,
    faults: [
      {
        match: { path: '**/unbind', address: PLAIN },
        times: 1,
        kind: { fault: 'never-returns' },
      },
    ],
    left: {
      state: 'blocked',
      committed: false,
      step: { names: ['restore-binding', 'take-back'], state: 'running' },
    },
    end: { state: 'succeeded', drive: 'goal' },
  },
  {
    name: 'retiring, blocked in the kernel after its commit step',
    host: 'host-6',
    drive: SRIOV,
    prepare: provisioned,
    start: retire,
    faults: [
      {
        match: { path: '**/sriov_numvfs' },
        times: 1,
        kind: { fault: 'never-returns' },
      },
    ],
    left: {
      state: 'blocked',
      committed: true,
      step: { names: ['restore-sriov'], state: 'running' },
    },
    end: { state: 'succeeded', drive: 'goal' },
  },
  {
    // make.ts gives it a version that no nvirt has.
    name: 'assigning, by a version that no code knows',
    host: 'host-6',
    drive: PLAIN,
    prepare: nothing,
    start: assign,
    diesAt: 2,
    left: {
      state: 'running',
      committed: false,
      step: { names: ['bind-vfio'], state: 'running' },
    },
    end: { state: 'stuck', drive: 'half' },
  },
]

export const UNKNOWN = 'assigning, by a version that no code knows'

/** One VF with the host's driver and that namespace. */
function provision(service: Service, name: string, nsid: number): Promise<OperationView> {
  const { store, workflows } = service.composition
  const { namespaces } = store.read.inventoryOf(service.host(name).id)
  const namespaceIds = namespaces
    .filter(
      ({ observation }) => observation.serial.startsWith('PF') && observation.nsid === nsid
    )
    .map(({ id }) => id)
  return workflows.provision(DEMO, controllerAt(service, name, SRIOV), {
    virtualFunctions: [{ ioQueuePairs: 1, namespaceIds }],
    driver: 'nvme',
  })
}

async function provisioned(service: Service, name: string) {
  await succeeded(service, await provision(service, name, 2))
}

function retire(service: Service, name: string): Promise<OperationView> {
  const { store, workflows } = service.composition
  const { virtualFunctions } = store.read.inventoryOf(service.host(name).id)
  const vf = virtualFunctions.find(({ provisioned: made }) => made !== null)
  return workflows.retire(DEMO, vf?.id ?? 'none')
}

function assign(service: Service, name: string): Promise<OperationView> {
  const controllerId = controllerAt(service, name, PLAIN)
  return service.composition.workflows.assign(DEMO, { controllerId, consumer: 'vm' })
}

async function assigned(service: Service, name: string) {
  await succeeded(service, await assign(service, name))
}

function release(service: Service, name: string): Promise<OperationView> {
  const { store, workflows } = service.composition
  const assignment = store.read.standingAssignment(controllerAt(service, name, PLAIN))
  return workflows.release(DEMO, assignment?.id ?? 'none', {})
}

function controllerAt(service: Service, name: string, address: string): string {
  const { controllers } = service.composition.store.read.inventoryOf(service.host(name).id)
  return controllers.find((row) => row.address === address)?.id ?? 'none'
}

async function succeeded(service: Service, started: OperationView) {
  const { state, error } = await service.until(started, (operation) =>
    ['succeeded', 'undone', 'stuck'].includes(operation.state)
  )
  if (state !== 'succeeded') throw new Error(`${state}: ${JSON.stringify(error)}`)
}
