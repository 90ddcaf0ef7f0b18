import { describe, expect, test } from 'vitest'
import type { KernelCall } from '../../src/kernel/call.ts'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import type { BlockedCall, LaneAnswer } from '../../src/kernel/kernel.ts'
import { queueLane } from '../../src/kernel/queue-lane.ts'
import type { LaneExecutor } from '../../src/kernel/queue-lane.ts'
import { fakeClock } from '../support/fake-clock.ts'

const START_MS = 1_000_000

type Write = Extract<KernelCall, { call: 'write' }>

test('calls run one after the other, in the order in which they came', async () => {
  const { lane, kernel } = world()

  const answers = [lane.call(write('a'), soon), lane.call(write('b'), soon)]
  await kernel.reached('a')
  expect(kernel.made).toEqual(['a'])
  kernel.answer('a')
  await kernel.reached('b')
  kernel.answer('b')

  expect(await Promise.all(answers)).toEqual([
    { done: true, answer: null },
    { done: true, answer: null },
  ])
})

test('a failed call rejects with its errno, and the next one runs', async () => {
  const { lane, kernel } = world()

  const failing = lane.call(write('a'), soon)
  const next = lane.call(write('b'), soon)
  await kernel.reached('a')
  kernel.fail('a', 'EBUSY')

  await expect(failing).rejects.toMatchObject({ errno: 'EBUSY' })
  await kernel.reached('b')
  kernel.answer('b')
  expect(await next).toEqual({ done: true, answer: null })
})

describe('writes that are made together', () => {
  test('are under way at the same time, and the next call waits for all', async () => {
    const { lane, kernel } = world()

    const together = lane.callTogether([write('a'), write('b')], soon)
    const next = lane.call(write('c'), soon)
    await kernel.reached('b')
    expect(kernel.made).toEqual(['a', 'b'])
    kernel.answer('b')
    kernel.answer('a')
    await kernel.reached('c')
    kernel.answer('c')

    expect(await Promise.all([together, next])).toEqual([
      { done: true, answer: null },
      { done: true, answer: null },
    ])
  })

  test('fail as the first of the list that failed, once all have come back', async () => {
    const { lane, kernel, clock } = world()
    let ended = false
    const together = lane.callTogether([write('a'), write('b'), write('c')], soon)
    const failing = together.catch((cause: unknown) => cause).finally(() => (ended = true))
    await kernel.reached('c')

    kernel.fail('c', 'EIO')
    kernel.fail('b', 'EBUSY')
    await clock.advance(0)
    expect(ended).toBe(false)
    kernel.answer('a')

    expect(await failing).toMatchObject({ errno: 'EBUSY' })
  })

  test('are blocked together, until the last has come back', async () => {
    const { lane, kernel, clock } = world()
    const hanging = lane.callTogether([write('a'), write('b')], { deadlineMs: 100 })
    await kernel.reached('b')
    kernel.answer('a')

    await clock.advance(100)
    expect(await hanging).toMatchObject({ done: false, blocked: { call: write('a') } })
    expect(await lane.call(write('c'), soon)).toMatchObject({ done: false })
    kernel.answer('b')
    await clock.advance(0)

    expect(await lane.blockedBy()).toBeUndefined()
  })

  test('of which there are none, are done', async () => {
    const { lane, kernel } = world()

    expect(await lane.callTogether([], soon)).toEqual({ done: true, answer: null })
    expect(kernel.made).toEqual([])
  })
})

describe('after its deadline a call', () => {
  test('is reported blocked to its caller and to all who wait, who are not served later', async () => {
    const { lane, kernel, clock } = world()

    const hanging = lane.call(write('a'), { deadlineMs: 100 })
    const behind = [lane.call(write('b'), soon), lane.call(write('c'), soon)]
    await kernel.reached('a')
    await clock.advance(100)

    const blocked: BlockedCall = { call: write('a'), sinceMs: START_MS, lanePid: 42 }
    expect(await Promise.all([hanging, ...behind])).toEqual([
      { done: false, blocked },
      { done: false, blocked },
      { done: false, blocked },
    ])
    kernel.answer('a')
    await clock.advance(0)
    expect(kernel.made, 'who was told blocked is not served behind his back').toEqual(['a'])
  })

  test('blocks whoever comes, at once, until the kernel answers', async () => {
    const { lane, kernel, clock } = world()
    void lane.call(write('a'), { deadlineMs: 100 })
    await kernel.reached('a')
    await clock.advance(100)

    expect(await lane.call(write('b'), soon)).toMatchObject({ done: false })
    expect(await lane.blockedBy()).toMatchObject({ call: write('a') })
    kernel.answer('a')
    await clock.advance(0)
    expect(await lane.blockedBy()).toBeUndefined()

    const after = lane.call(write('c'), soon)
    await kernel.reached('c')
    kernel.answer('c')
    expect(await after).toEqual({ done: true, answer: null })
  })

  test('may fail late without anybody being hurt', async () => {
    const { lane, kernel, clock } = world()
    const hanging = lane.call(write('a'), { deadlineMs: 100 })
    await kernel.reached('a')
    await clock.advance(100)
    expect((await hanging).done).toBe(false)

    kernel.fail('a', 'EINTR')
    await clock.advance(0)

    expect(await lane.blockedBy()).toBeUndefined()
  })
})

test('the deadline counts from when the call starts to run, and leaves no timer', async () => {
  const { lane, kernel, clock } = world()
  const first = lane.call(write('a'), { deadlineMs: 1_000 })
  const second = lane.call(write('b'), { deadlineMs: 100 })
  await kernel.reached('a')

  await clock.advance(500)
  kernel.answer('a')
  await kernel.reached('b')
  await clock.advance(99)
  kernel.answer('b')

  expect(await Promise.all([first, second])).toEqual([
    { done: true, answer: null },
    { done: true, answer: null },
  ])
  expect(clock.pending()).toBe(0)
})

test('while a former service still hangs in the lane no call is made', async () => {
  const left = { call: write('old'), sinceMs: 5, lanePid: 7 }
  const { lane, kernel, executor } = world()
  executor.left = left

  expect(await lane.call(write('a'), soon)).toEqual({ done: false, blocked: left })
  expect(await lane.blockedBy()).toEqual(left)
  expect(kernel.made).toEqual([])

  executor.left = undefined
  const answer = lane.call(write('b'), soon)
  await kernel.reached('b')
  kernel.answer('b')
  expect(await answer).toEqual({ done: true, answer: null })
})

test('getting ready is no part of the deadline, and its failure is the caller’s only', async () => {
  const { kernel, clock, executor } = world()
  const starts: ((failed?: Error) => void)[] = []
  const ready = () =>
    new Promise<undefined>((resolve, reject) =>
      starts.push((failed) => (failed ? reject(failed) : resolve(undefined)))
    )
  const lane = queueLane('bus', { ...executor, ready }, clock)

  const failing = lane.call(write('a'), soon)
  starts.shift()!(new Error('no process'))
  await expect(failing).rejects.toThrow('no process')

  const slow = lane.call(write('b'), { deadlineMs: 100 })
  await clock.advance(5_000)
  starts.shift()!()
  await kernel.reached('b')
  kernel.answer('b')
  expect(await slow).toEqual({ done: true, answer: null })
})

test('ten thousand calls leave nothing behind', async () => {
  const { lane, kernel, clock } = world()
  kernel.answerAll()

  const answers: LaneAnswer<Write>[] = []
  for (let n = 0; n < 10_000; n++) answers.push(await lane.call(write(`${n}`), soon))

  expect(answers.every(({ done }) => done)).toBe(true)
  expect(clock.pending()).toBe(0)
})

const soon = { deadlineMs: 1_000 }

function write(text: string): Write {
  return { call: 'write', path: '/sys/x', text }
}

function world() {
  const clock = fakeClock(START_MS)
  const kernel = heldKernel()
  const executor: LaneExecutor & { left: BlockedCall | undefined } = {
    left: undefined,
    execute: (call) => kernel.make(call) as Promise<never>,
    inherited: () => Promise.resolve(executor.left),
    pid: () => 42,
  }
  return { clock, kernel, executor, lane: queueLane('bus', executor, clock) }
}

/** A kernel in which each write waits until the test answers it. */
function heldKernel() {
  const made: string[] = []
  const held = new Map<string, { resolve: () => void; reject: (cause: Error) => void }>()
  let arrived: () => void = () => {}
  let answersAll = false

  function make(call: KernelCall): Promise<null> {
    const text = call.call === 'write' ? call.text : call.call
    made.push(text)
    if (answersAll) return Promise.resolve(null)
    return new Promise((resolve, reject) => {
      held.set(text, { resolve: () => resolve(null), reject })
      arrived()
    })
  }

  async function reached(text: string): Promise<void> {
    while (!held.has(text)) await new Promise<void>((resolve) => (arrived = resolve))
  }

  return {
    made,
    make,
    reached,
    answer: (text: string) => held.get(text)!.resolve(),
    fail: (text: string, errno: string) =>
      held.get(text)!.reject(new KernelError('write', '/sys/x', errno)),
    answerAll: () => (answersAll = true),
  }
}
