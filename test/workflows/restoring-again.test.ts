/** How long a host is being restored, what is put right meanwhile, and what comes back when it has long been ready. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { MachineEvent } from '../../src/host/drills.ts'
import { dualController } from '../support/dual-controller.ts'
import { diskIfAny, unbindByHand } from './by-hand.ts'
import {
  converged,
  declare,
  operations,
  settled,
  sizes,
  tended,
  told,
  TWO,
  until,
} from './declared-world.ts'
import { assignFirst, directWorld, NAMESPACES } from './direct-world.ts'
import { onlyAssignment } from './scenarios.ts'
import { done, PF, provision, virtualFunctionOf, type World } from './world.ts'

const VF1 = '0000:01:00.1'
const VF2 = '0000:01:00.2'

test('a release that waits for somebody keeps no host from being ready', async () => {
  const world = await directWorld(dualController(NAMESPACES), { tends: true })
  onTestFinished(() => world.stop())
  await done(world, assignFirst(world, [3, 5]))
  const match = { call: 'write', path: '**/driver_override', text: 'vfio-pci\n' } as const
  const mend = world.machine.faults.add({ match, kind: { fault: 'errno', errno: 'EIO' } })
  await reboot(world)
  await until(world, 'waiting', () => operations(world).at(-1)?.state === 'undone')
  world.machine.mount((await diskIfAny(world, { nsid: 6 })) ?? '', '/srv')

  const release = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  await world.until(release, (state) => state === 'blocked')
  mend()
  await settled(world)

  expect(world.workflows.operation(DEMO, release.id).state).toBe('blocked')
  expect(world.inventory.host(DEMO, world.hostId).state).toBe('ready')
})

test('while another function is still brought back, what somebody unbinds is reported only', async () => {
  const world = await tended()
  const vfs = [2, 3].map((nsid) => ({ ioQueuePairs: 1, nsids: [nsid] }))
  await done(world, provision(world, vfs, 'nvme'))
  const match = { call: 'write', path: `**/${VF2}/reset` } as const
  world.machine.faults.add({ match, kind: { fault: 'errno', errno: 'EIO' } })
  await reboot(world)
  const driver = () => world.machine.snapshot().functions[VF1]?.driver
  await until(world, 'back', () => told(world, /^virtual-function\.restored$/).length === 1)
  const back = driver()

  await unbindByHand(world, VF1)
  await world.inventory.rescan(DEMO, world.hostId)
  const meanwhile = world.inventory.host(DEMO, world.hostId).state
  await world.clock.advance(200_000)
  await settled(world)

  expect([back, meanwhile, driver()]).toEqual(['nvme', 'restoring', null])
  const { drift } = world.inventory.virtualFunction(DEMO, virtualFunctionOf(world, 1).id)
  expect(drift.map(({ kind }) => kind)).toEqual(['driver-changed'])
})

test('declared VFs of a drive that was pulled come back with it, and what somebody changes then is reported only', async () => {
  const world = await tended()
  await declare(world, TWO)
  await converged(world)
  const before = sizes(world)

  await fire(world, { event: 'surprise-removal', address: PF })
  const gone = told(world, /^controller\.gone$/)
  await fire(world, { event: 'hot-plug', address: PF })
  await converged(world)
  const back = sizes(world)
  await fire(world, { event: 'controller-reset', address: PF })
  await world.clock.advance(120_000)

  expect(gone).toHaveLength(1)
  expect(back).toEqual(before)
  expect(sizes(world)).toEqual([])
})

test('VFs of a drive that shows itself only when its host is ready come back with it', async () => {
  const world = await tended()
  await done(world, provision(world, [{ ioQueuePairs: 2, nsids: [2] }]))
  const before = sizes(world)
  await fire(world, { event: 'surprise-removal', address: PF })
  await reboot(world)
  await settled(world)

  await fire(world, { event: 'hot-plug', address: PF })
  await until(world, 'back', () => told(world, /^virtual-function\.restored$/).length === 1)

  expect(sizes(world)).toEqual(before)
  expect(world.inventory.host(DEMO, world.hostId).state).toBe('ready')
})

async function fire({ machine, clock }: World, event: MachineEvent): Promise<void> {
  expect(await machine.drills.fire(event)).toEqual({ fired: true })
  await clock.advance(400) // uevents, and the scan that they make
}

async function reboot(world: World): Promise<void> {
  await world.machine.drills.fire({ event: 'reboot' })
  await world.inventory.rescan(DEMO, world.hostId)
}
