/** Releases whose namespaces are deleted and created, on drives that can: the new ones have other nsids. */
import { expect } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { labWith } from '../support/lab-with.ts'
import { atSize } from '../support/test-size.ts'
import type { Scenario } from '../support/scenario.ts'
import { byGuest } from './by-hand.ts'
import { expectAssignment, expectNotCleaned, onlyAssignment } from './scenarios.ts'
import {
  controllerAt,
  done,
  PLAIN,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

/** NSID 1 is free, so that a drive gives it to what is created first; there is room for more. */
export function withFreeNsid(): HostDescription {
  const lab = labWith('specification')
  const subsystems = lab.subsystems.map((drive, at) => ({
    ...drive,
    capacityBytes: 2 ** 30,
    namespaces: drive.namespaces
      .map((one) => ({
        ...one,
        nsid: one.nsid + at,
        nguid: `${at}${one.nsid}`.padStart(32, 'a'),
      }))
      .filter(({ nsid }) => nsid > 1),
  }))
  return { ...lab, subsystems }
}

export async function assignVfWith(world: World, nsids: readonly number[]): Promise<void> {
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids }]))
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  const accept = ['not-tenant-safe'] as const
  const request = { virtualFunctionId, consumer: 'vm', accept }
  await done(world, world.workflows.assign(DEMO, request))
}

export function releaseLogically(world: World) {
  return world.workflows.release(DEMO, onlyAssignment(world).id, { cleaning: 'logical' })
}

export function evidenceIn({ store }: World): unknown {
  const events = store.read.events(null, 0, 1_000)
  return events.filter(({ type }) => type === 'assignment.cleaned').at(-1)?.detail
}

export const LOGICAL_OF_VF = {
  description: withFreeNsid(),
  prepare: (world) => assignVfWith(world, [3, 4]),
  start: releaseLogically,
  undoRepeats: 'fetch-namespaces',
  atGoal: (world) => {
    expectAssignment(world, { state: 'released', quarantine: null })
    expect(onlyAssignment(world).before).not.toHaveProperty('recreating')
    const { provisioned } = virtualFunctionOf(world, 1)
    expect(provisioned?.nsids.toSorted()).toEqual([1, 3])
    const gone = { method: 'logical: deleted and created', markersLeft: 0 }
    expect(evidenceIn(world)).toMatchObject({ namespaces: [gone, gone] })
  },
  asFound: (world) => expectAssignment(world, { state: 'ready' }),
  quarantined: expectNotCleaned,
} satisfies Scenario

const ofController = {
  description: withFreeNsid(),
  prepare: async (world) => {
    const controllerId = controllerAt(world, PLAIN).id
    await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  },
  start: releaseLogically,
  atGoal: (world) => {
    expectAssignment(world, { state: 'released', quarantine: null })
    expect(evidenceIn(world)).toMatchObject({ namespaces: [{ becameNsid: 1 }] })
  },
  asFound: (world) => expectAssignment(world, { state: 'ready' }),
  quarantined: expectNotCleaned,
} satisfies Scenario

/** Erased, not deleted; the drive is one that lets its consumer detach. */
const ofDetached = {
  description: withFreeNsid(),
  prepare: async (world) => {
    await ofController.prepare(world)
    const pf = pciAddress(PLAIN)
    await byGuest(world, [{ change: 'detachNamespace', pf, nsid: 2, cntlid: 0 }])
  },
  start: (world) => world.workflows.release(DEMO, onlyAssignment(world).id, {}),
  // Attaching it and detaching it: the drive is told which by the data of the command.
  undoRepeats: 'fetch-namespaces',
  atGoal: (world) => {
    expectAssignment(world, { state: 'released', quarantine: null })
    expect(evidenceIn(world)).toMatchObject({ namespaces: [{ nsid: 2, markersLeft: 0 }] })
  },
  asFound: (world) => expectAssignment(world, { state: 'ready' }),
  quarantined: expectNotCleaned,
} satisfies Scenario

/** In the normal size only the shorter one. */
export const LOGICAL: Record<string, Scenario> = {
  'releasing a controller whose consumer detached its namespace': ofDetached,
  'releasing a controller by deleting and creating its namespace': ofController,
  ...atSize({
    normal: {},
    full: { 'releasing a VF by deleting and creating its namespaces': LOGICAL_OF_VF },
  }),
}
