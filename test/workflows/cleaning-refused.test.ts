/** What keeps a release from cleaning, and what does not. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { CNS, OPCODE } from '../../src/nvme/admin-commands.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { controllerAt, done, makeWorld, PLAIN, type World } from './world.ts'

test('while the drive cannot say who else has a namespace, nothing of it is erased', async () => {
  const world = await makeWorld(memoryStore())
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  const match = { call: 'admin', opcode: 0x06, cdw10: CNS.attachedControllers } as const
  const { id } = world.machine.faults.arm({
    match,
    kind: { fault: 'status', status: 0x006 },
  })
  const releasing = await world.workflows.release(DEMO, onlyAssignment(world).id, {})

  const { state, error } = await world.end(releasing)
  const written = world.machine.transcript.filter(isErasing)
  world.machine.faults.takeBack(id, 'with-effect')

  expect(state).toBe('undone')
  expect(error?.message).toContain('Identify CNS 12h')
  expect(written).toEqual([])
  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))
})

const HELD = { call: 'holdDisk' } as const
const BUSY = { fault: 'errno', errno: 'EBUSY' } as const

test('who looks into a disk as it comes, and lets go, does not keep it from being cleaned', async () => {
  const world = await makeWorld(memoryStore())
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  world.machine.faults.arm({ match: HELD, kind: BUSY, times: 3 })

  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(onlyAssignment(world).state).toBe('released')
})

test('a disk that somebody keeps is not cleaned, and it is said whose it is', async () => {
  const world = await makeWorld(memoryStore())
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  const handedOver = world.machine.snapshot()
  world.machine.faults.arm({ match: HELD, kind: BUSY })

  const releasing = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  const { state, error } = await world.end(releasing)

  expect(state).toBe('undone')
  const said = 'holding /dev/nvme1n1, which a process out of sight has already'
  expect([error?.message, ...(error?.causes ?? [])].join()).toContain(said)
  expect(world.machine.snapshot()).toEqual(handedOver)
})

function isErasing(call: World['machine']['transcript'][number]): boolean {
  const isFormat = call.call === 'admin' && call.command.opcode === OPCODE.formatNvm
  return isFormat || ['writeBlocks', 'writeZeroes'].includes(call.call)
}
