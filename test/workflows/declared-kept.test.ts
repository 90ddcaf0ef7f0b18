/** What is declared is kept: through failures, restarts of the host, and of nvirt. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { MOST_ATTEMPTS } from '../../src/workflows/caretaker/attempts.ts'
import { giveFive } from './by-hand.ts'
import {
  assign,
  converged,
  declare,
  operations,
  PAGE,
  shown,
  shownVf,
  sizes,
  tended,
  told,
  TWO,
  until,
} from './declared-world.ts'

test('what fails is tried again with growing pauses, given up, and tried anew when it is declared again', async () => {
  const world = await tended()
  const match = { call: 'write', path: '**/sriov_numvfs' } as const
  const mend = world.machine.faults.add({ match, kind: { fault: 'errno', errno: 'EIO' } })

  await declare(world, { ...TWO, count: 1 })
  await until(world, 'failing', () => shownVf(world, 1).state === 'failing')
  const failing = shownVf(world, 1)
  await world.clock.advance(800_000)
  const givenUp = shownVf(world, 1)
  const tries = operations(world)
  mend()
  await declare(world, { ...TWO, count: 1 })
  await converged(world)

  expect(failing.reason).toMatch(/^attempt 1 of 5 failed: /)
  expect(givenUp).toMatchObject({
    state: 'given-up',
    remedy: expect.stringContaining('again'),
  })
  expect(tries.map(({ workflow, state }) => [workflow, state])).toEqual(
    Array.from({ length: MOST_ATTEMPTS }, () => ['provision-virtual-functions', 'undone'])
  )
  const begun = tries.map(({ createdAt }) => Date.parse(createdAt))
  const pauses = begun.slice(1).map((at, before) => at - (begun[before] ?? 0))
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
  expect(pauses[0]).toBeGreaterThanOrEqual(2_000)
})

test('one that somebody changes again and again is provisioned after each retirement, the last attempt’s too, and then left', async () => {
  const world = await tended()
  await declare(world, { ...TWO, count: 1 })
  await converged(world)
  await world.clock.advance(FORGOTTEN_MS)

  const after = []
  for (let times = 0; times <= MOST_ATTEMPTS; times++) {
    await giveFive(world)
    await world.clock.advance(LONGEST_PAUSE_MS)
    after.push(...sizes(world))
  }

  expect(after).toEqual([
    ...Array.from({ length: MOST_ATTEMPTS }, () => [1, 3, 2]),
    [1, 5, 2],
  ])
})

test('after a reboot all that is declared is back before what was assigned, and only then is the host ready', async () => {
  const world = await tended()
  await declare(world, { ...TWO, count: 3 })
  await converged(world)
  await assign(world, 1, 'vm-1')
  await assign(world, 3, 'vm-3')
  const before = world.machine.snapshot()
  await declare(world, { ...TWO, count: 4 }) // the host goes down before it is made

  await world.machine.drills.fire({ event: 'reboot' })
  await until(world, 'rebooted', () => told(world, /^host\.rebooted$/).length === 1)
  const state = () => world.inventory.host(DEMO, world.hostId).state
  const during = state()
  await until(world, 'ready', () => state() !== 'restoring')

  expect([during, state()]).toEqual(['restoring', 'ready'])
  expect(shown(world).converged).toBe(true)
  expect(sizes(world).map(([number]) => number)).toEqual([1, 2, 3, 4])
  const { functions } = world.machine.snapshot()
  expect(functions).toEqual(before.functions)
  const { items } = world.workflows.assignments(DEMO, PAGE)
  expect(items.map((one) => one.state)).toEqual(['ready', 'ready'])
  const order = told(world, /restored$/)
  expect(order.filter((type) => type === 'virtual-function.restored')).toHaveLength(3)
  expect(order.slice(-3)).toEqual([
    'assignment.restored',
    'assignment.restored',
    'host.restored',
  ])
})

test('what is declared and cannot be made leaves a restarted host degraded, until it can', async () => {
  const world = await tended()
  const state = () => world.inventory.host(DEMO, world.hostId).state
  const match = { call: 'write', path: '**/sriov_numvfs' } as const
  const mend = world.machine.faults.add({ match, kind: { fault: 'errno', errno: 'EIO' } })
  await declare(world, { ...TWO, count: 1 })
  await world.machine.drills.fire({ event: 'reboot' })
  await until(world, 'rebooted', () => told(world, /^host\.rebooted$/).length === 1)

  await world.clock.advance(200_000)
  const failed = [state(), shown(world).converged]
  mend()
  await declare(world, { ...TWO, count: 1 })
  await converged(world)
  await until(world, 'ready', () => state() === 'ready')

  expect(failed).toEqual(['degraded', false])
})

test('another process goes on where the one stood that was told', async () => {
  const world = await tended()
  await declare(world, { ...TWO, count: 3 })
  await until(world, 'begun', () => operations(world).length > 0)

  const again = await world.restart()
  onTestFinished(() => again.stop())
  await again.workflows.resume()
  again.workflows.tend(again.hostId)
  await converged(again)

  expect(sizes(again)).toEqual([
    [1, 3, 2],
    [2, 3, 2],
    [3, 3, 2],
  ])
})

/** More than it takes for attempts to be forgotten, and to be due. */
const FORGOTTEN_MS = 700_000
const LONGEST_PAUSE_MS = 150_000
