/** Several VFs that are provisioned together: one step resets all of them at the same time. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { AT_ONCE } from '../../src/emulator/timing.ts'
import { bindByHand, makeWorld, provision, type World } from './world.ts'
import { resetsIn } from './killed.ts'
import { memoryStore } from './memory-store.ts'

const VF1 = '0000:01:00.1'
const VF2 = '0000:01:00.2'
const THREE = [
  { ioQueuePairs: 1, nsids: [2] },
  { ioQueuePairs: 2, nsids: [3] },
  { ioQueuePairs: 3, nsids: [] },
]
const RESET_MS = 100

test('their resets overlap, and are logged in the order of the VFs', async () => {
  const timing = { ...AT_ONCE, functionResetMs: RESET_MS }
  const world = await makeWorld(memoryStore(), { timing })

  const { id, state, steps } = await world.end(await provision(world, THREE))

  const reset = steps.find(({ name }) => name === 'reset-vfs')
  expect(state).toBe('succeeded')
  const [begun = '', ended = ''] = [reset?.startedAt, reset?.endedAt].map((at) => at ?? '')
  const tookMs = Date.parse(ended) - Date.parse(begun)
  expect(tookMs).toBeGreaterThanOrEqual(RESET_MS)
  expect(tookMs).toBeLessThan(2 * RESET_MS)
  const resets = [1, 2, 3].map(
    (nth) => expect.stringContaining(`01:00.${nth}/reset`) as string
  )
  const logged = world.store.read.operation(null, id)?.steps ?? []
  expect(logged.find(({ name }) => name === 'reset-vfs')?.output).toEqual(resets)
})

test('when one of them fails the others are waited for, and then all is undone', async () => {
  const world = await makeWorld(memoryStore())
  const found = world.machine.snapshot()
  const from = world.machine.transcript.length
  const kind = { fault: 'errno', errno: 'ENOTTY' } as const
  world.machine.faults.add({ match: resetOf(VF1), kind })

  const end = await world.end(await provision(world, THREE))

  expect(end).toMatchObject({ state: 'undone', error: { step: 'reset-vfs' } })
  expect(resetsIn(world.machine.transcript.slice(from))).toBe(3)
  expect(world.machine.snapshot()).toEqual(found)
})

test('one that is bound to a driver keeps every one of them from being reset', async () => {
  const world: World = await makeWorld(memoryStore(), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => {
          if (step.name !== 'resources-vf3') return step
          const run: typeof step.run = async (context) => {
            await bindByHand(world, VF2, 'vfio-pci')
            return step.run(context)
          }
          return { ...step, run }
        }),
    }),
  })
  const from = world.machine.transcript.length

  const end = await world.end(await provision(world, THREE))

  expect(end.error).toMatchObject({ step: 'reset-vfs' })
  expect(JSON.stringify(end.error?.detail)).toContain('function-bound')
  expect(resetsIn(world.machine.transcript.slice(from))).toBe(0)
})

test.for(['finished', 'undone'] as const)(
  'a process that dies in the middle of the resets leaves them to the next, which waits, and it is %s',
  async (way) => {
    const world = await makeWorld(memoryStore())
    const found = world.machine.snapshot()
    const kind = { fault: 'never-returns' } as const
    world.machine.faults.add({ match: resetOf(VF2), times: 1, kind })
    const operation = await provision(world, THREE)
    await world.until(operation, (state) => state === 'blocked')
    const next = await world.restart()
    await next.workflows.resume()
    const blocked = await next.until(operation, (state) => state === 'blocked')
    expect(blocked.steps.find(({ state }) => state === 'running')?.name).toBe('reset-vfs')

    if (way === 'undone') await next.workflows.cancel(DEMO, operation.id)
    world.machine.faults.release('with-effect')

    const { state } = await next.end(operation)
    expect(state).toBe(way === 'undone' ? 'undone' : 'succeeded')
    const held = heldOf(world)
    if (way === 'undone') expect(world.machine.snapshot()).toEqual(found)
    else expect(held.slice(0, 3)).toEqual([2, 3, 4])
  }
)

const SECOND_ONLINE = { call: 'admin', opcode: 0x1c, cdw10: 0x20009 } as const

test('when a drive refuses to bring one of them online, all of them are undone', async () => {
  const world = await makeWorld(memoryStore())
  const found = world.machine.snapshot()
  const kind = { fault: 'status', status: 0x4006 } as const
  world.machine.faults.add({ match: SECOND_ONLINE, kind })

  const end = await world.end(await provision(world, THREE))

  expect(end).toMatchObject({ state: 'undone', error: { step: 'online-vfs' } })
  expect(end.error?.message).toContain('controller 2')
  expect(world.machine.snapshot()).toEqual(found)
})

test.for([
  ['finished', 'with-effect'],
  ['finished', 'without-effect'],
  ['undone', 'with-effect'],
] as const)(
  'a process that dies while the second of them goes online leaves it to the next: %s, the call came back %s',
  async ([way, effect]) => {
    const world = await makeWorld(memoryStore())
    const found = world.machine.snapshot()
    const kind = { fault: 'never-returns' } as const
    world.machine.faults.add({ match: SECOND_ONLINE, times: 1, kind })
    const operation = await provision(world, THREE)
    await world.until(operation, (state) => state === 'blocked')
    const next = await world.restart()
    await next.workflows.resume()
    await next.until(operation, (state) => state === 'blocked')

    if (way === 'undone') await next.workflows.cancel(DEMO, operation.id)
    world.machine.faults.release(effect)

    const { state } = await next.end(operation)
    expect(state).toBe(way === 'undone' ? 'undone' : 'succeeded')
    if (way === 'undone') expect(world.machine.snapshot()).toEqual(found)
    else expect(onlineIn(world)).toEqual([1, 2, 3])
  }
)

function onlineIn({ machine }: World): readonly number[] {
  const [primary] = Object.values(machine.snapshot().primaries)
  const online = primary?.secondaries.filter(({ state }) => state === 'online') ?? []
  return online.map(({ cntlid }) => cntlid)
}

function resetOf(address: string) {
  return { path: '**/reset', address }
}

function heldOf({ machine }: World): readonly number[] {
  const [primary] = Object.values(machine.snapshot().primaries)
  return primary?.secondaries.map(({ vq }) => vq) ?? []
}
