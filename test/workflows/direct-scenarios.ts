/** Workflows of a controller that goes with chosen namespaces, from a subsystem of two with all kinds of attachments. */
import { DEMO } from '../../src/access/caller.ts'
import { dualController, second } from '../support/dual-controller.ts'
import { atSize } from '../support/test-size.ts'
import type { Scenario } from '../support/scenario.ts'
import { byHand } from './by-hand.ts'
import { assignFirst, FEW } from './direct-world.ts'
import { expectAssignment, expectNotCleaned, onlyAssignment } from './scenarios.ts'
import { done, type World } from './world.ts'

/** 6 goes to the host, 1 stays as it is. */
const description = dualController(FEW)
const ASKED = [3]

const assigning = {
  description,
  start: (world) => assignFirst(world, ASKED),
  // Back again: the drive is told which controller by the data of the command.
  undoRepeats: 'attach-namespaces',
  atGoal: (world) => expectAssignment(world, { state: 'ready' }),
  asFound: (world) => expectAssignment(world, { state: 'failed', handOver: null }),
  quarantined: (world) =>
    expectAssignment(world, {
      state: 'quarantined',
      quarantine: 'assigning it failed half-way, and could not be undone',
      handOver: null,
    }),
} satisfies Scenario

const releasing = {
  description,
  prepare: async (world) => {
    await done(world, assignFirst(world, ASKED))
  },
  start: (world) => world.workflows.release(DEMO, onlyAssignment(world).id, {}),
  atGoal: (world) => expectAssignment(world, { state: 'released', quarantine: null }),
  asFound: (world) => expectAssignment(world, { state: 'ready' }),
  quarantined: expectNotCleaned,
} satisfies Scenario

const releasingUncleaned = {
  ...releasing,
  start: (world: World) =>
    world.workflows.release(DEMO, onlyAssignment(world).id, { acceptUncleaned: true }),
  undoRepeats: 'return-attachments',
} satisfies Scenario

const restoring = {
  description,
  prepare: async (world) => {
    await done(world, assignFirst(world, ASKED))
    await byHand(world, { change: 'attachNamespace', pf: second, nsid: 1, cntlid: 1 })
    await byHand(world, { change: 'detachNamespace', pf: second, nsid: 3, cntlid: 1 })
    await world.inventory.rescan(DEMO, world.hostId)
  },
  start: (world) => world.workflows.heal(DEMO, onlyAssignment(world).functionId),
  undoRepeats: 'attach-namespaces',
  atGoal: (world) => expectAssignment(world, { state: 'ready' }),
  asFound: (world) => expectAssignment(world, { state: 'restoring', handOver: null }),
  quarantined: (world) =>
    expectAssignment(world, {
      state: 'quarantined',
      quarantine: 'bringing it back failed half-way, and could not be undone',
    }),
} satisfies Scenario

const OFTEN: Record<string, Scenario> = {
  'releasing a controller with chosen namespaces': releasing,
  'undoing the assignment of a controller with chosen namespaces': {
    ...assigning,
    failsIn: 'rescan',
  },
  'undoing an uncleaned release of a controller with chosen namespaces': {
    ...releasingUncleaned,
    failsIn: 'rescan',
  },
}

/** In the normal size only what goes there and back as well. */
export const DIRECT: Record<string, Scenario> = atSize({
  normal: OFTEN,
  full: {
    ...OFTEN,
    'assigning a controller with chosen namespaces': assigning,
    'restoring a controller whose namespaces somebody changed': restoring,
    'undoing the restoring of a controller whose namespaces somebody changed': {
      ...restoring,
      failsIn: 'rescan',
    },
    'releasing a controller with chosen namespaces, uncleaned': releasingUncleaned,
  },
})
