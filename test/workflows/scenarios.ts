/** Each workflow in the ways in which it differs, from a machine as the lab's. */
import { expect } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { MachineEvent } from '../../src/host/drills.ts'
import type { AssignmentRow } from '../../src/store/rows.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import type { Scenario } from '../support/scenario.ts'
import { PRIMARIES } from './primary-scenarios.ts'
import {
  controllerAt,
  done,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  write,
  type World,
} from './world.ts'

/** The lab's machine, its plain drive of another kind. */
export function withPlainDrive(
  change: Partial<HostDescription['subsystems'][number]['controllers'][number]>
): HostDescription {
  const lab = labLikeHost()
  const subsystems = lab.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((controller) =>
      controller.address === PLAIN ? { ...controller, ...change } : controller
    ),
  }))
  return { ...lab, subsystems }
}

const ONE_VF = [{ ioQueuePairs: 2, nsids: [2] }]
const TWO_VFS = [...ONE_VF, { ioQueuePairs: 3, nsids: [3] }]

/** Their order is that of a VF's life. */
export const VIRTUAL_FUNCTIONS = {
  'provisioning the first VF': {
    start: (world) => provision(world, ONE_VF),
    atGoal: (world) => {
      expect(virtualFunctionOf(world, 1).provisioned).toMatchObject({ vq: 3, nsids: [2] })
      expect(controllerAt(world, PF).sriovBefore).toMatchObject({
        vfCount: 0,
        autoprobe: true,
      })
    },
    asFound: expectUntouched,
  },
  'provisioning two VFs together': {
    start: (world) => provision(world, TWO_VFS),
    atGoal: (world) => {
      expect(virtualFunctionOf(world, 1).provisioned).toMatchObject({ vq: 3, nsids: [2] })
      expect(virtualFunctionOf(world, 2).provisioned).toMatchObject({ vq: 4, nsids: [3] })
    },
    asFound: expectUntouched,
  },
  'provisioning for the host’s driver, while another VF is provisioned': {
    prepare: async (world) => {
      await done(world, provision(world, ONE_VF))
    },
    start: (world) => provision(world, [{ ioQueuePairs: 1, nsids: [3, 4] }], 'nvme'),
    atGoal: (world) => {
      expect(virtualFunctionOf(world, 2).provisioned).toMatchObject({ driver: 'nvme' })
    },
    asFound: (world) => {
      expect(virtualFunctionOf(world, 1).provisioned).not.toBeNull()
      expect(virtualFunctionOf(world, 2).provisioned).toBeNull()
      expect(controllerAt(world, PF).sriovBefore).not.toBeNull()
    },
  },
  'retiring the last VF, which the host’s driver has': {
    prepare: async (world) => {
      await done(world, provision(world, ONE_VF, 'nvme'))
    },
    start: (world) => world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id),
    atGoal: expectUntouched,
    asFound: expectProvisioned,
    quarantined: expectHalfRetired,
  },
  'retiring a VF while another stays': {
    prepare: async (world) => {
      await done(world, provision(world, TWO_VFS))
    },
    start: (world) => world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id),
    atGoal: (world) => {
      expect(virtualFunctionOf(world, 1).provisioned).toBeNull()
      expect(controllerAt(world, PF).sriovBefore).not.toBeNull()
    },
    asFound: expectProvisioned,
    quarantined: expectHalfRetired,
  },
} satisfies Record<string, Scenario>

export const ASSIGNMENTS = {
  'assigning a VF': {
    prepare: async (world) => {
      await done(world, provision(world, ONE_VF))
    },
    start: (world) => assignVf(world),
    atGoal: (world) => expectAssignment(world, { state: 'ready' }),
    asFound: (world) => expectAssignment(world, { state: 'failed', handOver: null }),
  },
  'assigning a whole controller': {
    start: (world) =>
      world.workflows.assign(DEMO, {
        controllerId: controllerAt(world, PLAIN).id,
        consumer: 'vm',
      }),
    atGoal: (world) => expectAssignment(world, { state: 'ready' }),
    asFound: (world) => expectAssignment(world, { state: 'failed', handOver: null }),
  },
  'releasing a VF to the host’s driver': {
    prepare: async (world) => {
      await done(world, provision(world, ONE_VF, 'nvme'))
      await done(world, assignVf(world))
    },
    start: (world) => world.workflows.release(DEMO, onlyAssignment(world).id, {}),
    // Attaching to the primary and back: the drive is told which by the data of the command.
    undoRepeats: 'fetch-namespaces',
    atGoal: expectCleaned,
    asFound: (world) => expectAssignment(world, { state: 'ready' }),
    quarantined: expectNotCleaned,
  },
  'releasing a controller whose drive cannot erase one namespace alone': {
    description: withPlainDrive({ device: 'plain' }),
    prepare: async (world) => {
      const controllerId = controllerAt(world, PLAIN).id
      await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
    },
    start: (world) => world.workflows.release(DEMO, onlyAssignment(world).id, {}),
    atGoal: expectCleaned,
    asFound: (world) => expectAssignment(world, { state: 'ready' }),
    quarantined: expectNotCleaned,
  },
  'releasing a VF that had no driver, uncleaned': {
    prepare: async (world) => {
      await done(world, provision(world, ONE_VF))
      await done(world, assignVf(world))
    },
    start: (world) =>
      world.workflows.release(DEMO, onlyAssignment(world).id, { acceptUncleaned: true }),
    atGoal: (world) => expectAssignment(world, { state: 'released', quarantine: null }),
    asFound: (world) => expectAssignment(world, { state: 'ready' }),
  },
} satisfies Record<string, Scenario>

/** What was handed out, after somebody took a part of it away. */
export const RESTORED = {
  'restoring a VF whose queues a reset took away': {
    prepare: async (world) => {
      await done(world, provision(world, ONE_VF))
      await byHand(world, { event: 'resources-lost', address: PF })
    },
    start: (world) => world.workflows.heal(DEMO, virtualFunctionOf(world, 1).id),
    atGoal: (world) => {
      expect(virtualFunctionOf(world, 1)).toMatchObject({ secondaryState: 'online', vq: 3 })
    },
    asFound: expectProvisioned,
  },
  'restoring a controller that was taken from vfio-pci': {
    prepare: async (world) => {
      const controllerId = controllerAt(world, PLAIN).id
      await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
      await write(world.machine, '/sys/bus/pci/drivers/vfio-pci/unbind', PLAIN)
      await world.inventory.rescan(DEMO, world.hostId)
    },
    start: (world) => world.workflows.heal(DEMO, controllerAt(world, PLAIN).id),
    atGoal: (world) => expectAssignment(world, { state: 'ready' }),
  },
} satisfies Record<string, Scenario>

async function byHand(world: World, event: MachineEvent): Promise<void> {
  expect(await world.machine.drills.fire(event)).toEqual({ fired: true })
  await world.inventory.rescan(DEMO, world.hostId)
}

/** The same, failing in their last step: the way back is as long as the way there. */
export const UNDONE: Record<string, Scenario> = {
  'undoing the first VF': {
    ...VIRTUAL_FUNCTIONS['provisioning the first VF'],
    failsIn: 'rescan',
    quarantined: (world) => {
      expect(virtualFunctionOf(world, 1).provisioned).toBeNull()
    },
  },
  'undoing a VF of the host’s driver': {
    ...VIRTUAL_FUNCTIONS[
      'provisioning for the host’s driver, while another VF is provisioned'
    ],
    failsIn: 'rescan',
    quarantined: (world) => {
      expect(virtualFunctionOf(world, 1).provisioned).not.toBeNull()
      expect(virtualFunctionOf(world, 2).provisioned).toBeNull()
    },
  },
  'undoing a retirement before its commit step': {
    ...VIRTUAL_FUNCTIONS['retiring the last VF, which the host’s driver has'],
    failsIn: 'take-offline',
  },
  'undoing the release of what a PM1733 is delivered with': {
    ...PRIMARIES['releasing what a PM1733 is delivered with'],
    failsIn: 'rescan',
    quarantined: (_, end) => {
      expect(end.error?.message).toContain('allocate-and-reset')
    },
  },
  'undoing the assignment of a controller': {
    ...ASSIGNMENTS['assigning a whole controller'],
    failsIn: 'rescan',
    quarantined: (world) =>
      expectAssignment(world, {
        state: 'quarantined',
        quarantine: 'assigning it failed half-way, and could not be undone',
        handOver: null,
      }),
  },
  'undoing the restoring of a VF': {
    ...RESTORED['restoring a VF whose queues a reset took away'],
    failsIn: 'rescan',
    quarantined: (world) => {
      expect(virtualFunctionOf(world, 1).provisioned).not.toBeNull()
    },
  },
  'undoing a release before its commit step': {
    ...ASSIGNMENTS['releasing a VF to the host’s driver'],
    failsIn: 'write-markers',
    quarantined: expectNotCleaned,
  },
  'undoing a release uncleaned': {
    ...ASSIGNMENTS['releasing a VF that had no driver, uncleaned'],
    failsIn: 'rescan',
    quarantined: expectNotCleaned,
  },
}

/** In the machine, now and after its next reset, and nothing is said to wait for one. */
function assignVf(world: World) {
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  return world.workflows.assign(DEMO, {
    virtualFunctionId,
    consumer: 'vm',
    accept: ['not-tenant-safe'],
  })
}

export function onlyAssignment({ workflows }: World): AssignmentRow {
  const { items } = workflows.assignments(DEMO, { after: null, limit: 2 })
  const [assignment] = items
  if (!assignment || items.length > 1) throw new Error(`${items.length} assignments`)
  return assignment
}

export function expectAssignment(world: World, fields: Partial<AssignmentRow>): void {
  expect(onlyAssignment(world)).toMatchObject(fields)
}

/** Nothing is said to be clean that a marker can be read of: the evidence was checked by the step that logged it. */
function expectCleaned(world: World): void {
  expectAssignment(world, { state: 'released', quarantine: null })
  const events = world.store.read.events(null, 0, 1_000)
  const evidence = events.filter(({ type }) => type === 'assignment.cleaned').at(-1)
  expect(evidence?.detail['namespaces']).toMatchObject([{ markersLeft: 0 }])
}

export function expectNotCleaned(world: World, { error }: OperationView): void {
  const { state, quarantine } = onlyAssignment(world)
  expect(state).toBe('quarantined')
  expect(quarantine).toContain(error?.message)
}

function expectProvisioned(world: World): void {
  const { provisioned } = virtualFunctionOf(world, 1)
  expect(provisioned).not.toBeNull()
  expect(provisioned).not.toHaveProperty('quarantine')
}

/** Still provisioned, and nobody gets it: the reason is what the operation failed of. */
function expectHalfRetired(world: World, { error }: OperationView): void {
  const { quarantine } = virtualFunctionOf(world, 1).provisioned ?? {}
  expect(quarantine).toContain('it could not be retired')
  expect(quarantine).toContain(error?.message)
}

/** Rows say what the machine says: nothing is provisioned, and nothing waits to be put back. */
function expectUntouched(world: World): void {
  expect(virtualFunctionOf(world, 1).provisioned).toBeNull()
  expect(controllerAt(world, PF).sriovBefore).toBeNull()
}
