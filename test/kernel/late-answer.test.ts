/** Answers that come after the deadline of a call that was made under a name. */
import { expect, test } from 'vitest'
import type { KernelCall } from '../../src/kernel/call.ts'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import { queueLane } from '../../src/kernel/queue-lane.ts'
import { fakeClock } from '../support/fake-clock.ts'

const SENT = write('a')
const NAMED = { deadlineMs: 100, lateAs: 'mine' }

test('one is kept for that name and that call, once', async () => {
  const { lane, clock, answer } = world()
  void lane.call(SENT, NAMED)
  await clock.advance(100)

  const early = await lane.lateAnswer('mine', SENT)
  answer()
  await clock.advance(0)

  expect(early).toBeUndefined()
  expect(await lane.lateAnswer('another', SENT)).toBeUndefined()
  expect(await lane.lateAnswer('mine', write('b'))).toBeUndefined()
  expect(await lane.lateAnswer('mine', SENT)).toBeNull()
  expect(await lane.lateAnswer('mine', SENT)).toBeUndefined()
})

test('a late failure is kept too', async () => {
  const { lane, clock, fail } = world()
  void lane.call(SENT, NAMED)
  await clock.advance(100)

  fail()
  await clock.advance(0)

  await expect(lane.lateAnswer('mine', SENT)).rejects.toMatchObject({ errno: 'EINTR' })
})

test('what has no name leaves none', async () => {
  const { lane, clock, answer } = world()
  void lane.call(SENT, { deadlineMs: 100 })
  await clock.advance(100)

  answer()
  await clock.advance(0)

  expect(await lane.lateAnswer('mine', SENT)).toBeUndefined()
})

test('what is answered in time leaves none, and fails as any other', async () => {
  const { lane, clock, answer, fail } = world()

  const answered = lane.call(SENT, NAMED)
  await clock.advance(0)
  answer()
  const done = await answered
  const failing = lane.call(SENT, NAMED)
  await clock.advance(0)
  fail()

  expect(done).toEqual({ done: true, answer: null })
  await expect(failing).rejects.toMatchObject({ errno: 'EINTR' })
  expect(await lane.lateAnswer('mine', SENT)).toBeUndefined()
})

function write(text: string): Extract<KernelCall, { call: 'write' }> {
  return { call: 'write', path: '/sys/x', text }
}

/** A lane in whose kernel a call waits until it is answered. */
function world() {
  const clock = fakeClock()
  let last: { resolve: (answer: null) => void; reject: (cause: Error) => void } | undefined
  const made = () => new Promise<null>((resolve, reject) => (last = { resolve, reject }))
  const execute = () => made() as Promise<never>
  const inherited = () => Promise.resolve(undefined)
  const lane = queueLane('bus', { execute, inherited, pid: () => 42 }, clock)
  return {
    lane,
    clock,
    answer: () => last?.resolve(null),
    fail: () => last?.reject(new KernelError('write', '/sys/x', 'EINTR')),
  }
}
