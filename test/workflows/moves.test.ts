import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { HostChange } from '../../src/host/change.ts'
import {
  HostDriverError,
  type HostDriver,
  type HostFailure,
} from '../../src/host/driver.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import type { Json, Step, WorkflowDefinition } from '../../src/saga/workflow.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import { attachExactly } from '../../src/workflows/attachments.ts'
import type { Ask } from '../../src/workflows/host-session.ts'
import { carryOut, carryOutIfThere } from '../../src/workflows/moves.ts'
import { memoryStore } from './memory-store.ts'
import { makeWorld, PF, provision, virtualFunctionOf, type World } from './world.ts'

const pf = pciAddress(PF)

test('what has gone is not undone, and keeps nothing else from being undone', async () => {
  const drive = driveWithout(2)

  const writes = await carryOutIfThere(
    [attachExactly(pf, 1, [2, 3]), { change: 'attachNamespace', pf, nsid: 4, cntlid: 1 }],
    drive.ask,
    drive.apply
  )

  expect(writes).toEqual(['attach 3', 'attach 4'])
})

test('what has gone is a failure on the way forward', async () => {
  const drive = driveWithout(2)

  const forward = carryOut([attachExactly(pf, 1, [2, 3])], drive.ask, drive.apply)

  await expect(forward).rejects.toMatchObject({ failure: { kind: 'gone' } })
})

test('what is refused for another reason is not undone, and is told', async () => {
  const drive = driveWithout(2, { kind: 'kernel-refused', errno: 'EIO' })

  const undo = carryOutIfThere([attachExactly(pf, 1, [2])], drive.ask, drive.apply)

  await expect(undo).rejects.toMatchObject({ failure: { kind: 'kernel-refused' } })
})

test('a namespace that was deleted meanwhile keeps no provisioning from being undone', async () => {
  const world = await makeWorld(memoryStore(), { adapt: failingInRescan })
  const { driver } = reachable(world)
  const { cntlid } = virtualFunctionOf(world, 1)
  await driver.apply({ change: 'setAutoprobe', pf, enabled: false }, BY_HAND)
  await driver.apply({ change: 'setVfCount', pf, count: 8 }, BY_HAND)
  for (const nsid of [2, 3]) {
    await driver.apply({ change: 'attachNamespace', pf, nsid, cntlid }, BY_HAND)
  }
  await world.inventory.rescan(DEMO, world.hostId)
  world.hosts.set({ id: world.hostId, reach: 'reachable', driver: without(driver, 2) })

  const end = await world.end(await provision(world, [{ ioQueuePairs: 1, nsids: [4] }]))

  expect(end).toMatchObject({ state: 'undone', error: { step: 'rescan' } })
  const attached = await driver.ask({ read: 'attachments', pf, cntlid })
  // The drive attached the first one when its VFs were enabled.
  expect(attached).toMatchObject({ answer: { nsids: [1, 3] } })
})

const BY_HAND = { operationId: 'by hand', step: '', fence: 1, deadlineMs: 1_000 }

const GONE: HostFailure = { kind: 'gone', what: 'a namespace' }

/** To a controller that nothing is attached to, and to which this namespace cannot be. */
function driveWithout(nsid: number, failure = GONE) {
  // Only attachments are asked for here.
  const ask = (() => Promise.resolve({ nsids: [] })) as unknown as Ask
  const apply = (change: HostChange) =>
    'nsid' in change && change.nsid !== nsid
      ? Promise.resolve([`attach ${change.nsid}`])
      : Promise.reject(new HostDriverError('attaching', failure))
  return { ask, apply }
}

/** Once it is detached, the namespace is deleted. */
function without(driver: HostDriver, nsid: number): HostDriver {
  return {
    ...driver,
    apply: (change, context) =>
      change.change === 'attachNamespace' && change.nsid === nsid
        ? Promise.reject(new HostDriverError('attaching', GONE))
        : driver.apply(change, context),
  }
}

function reachable({ hosts, hostId }: World) {
  const host = hosts.get(hostId)
  if (host?.reach !== 'reachable') throw new Error('the host is away')
  return host
}

function failingInRescan(workflow: WorkflowDefinition<StoreWrite>) {
  const fail = () => Promise.reject(new Error('made to fail'))
  const failing = (step: Step<StoreWrite>) =>
    step.name === 'rescan' ? { ...step, run: fail } : step
  return { ...workflow, steps: (params: Json) => workflow.steps(params).map(failing) }
}
