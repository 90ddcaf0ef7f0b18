import { expect, test } from 'vitest'
import { FrameOutbox } from '../../src/api/socket/frame-outbox.ts'
import type { TelemetryFrame } from '../../src/telemetry/telemetry.ts'

/** A socket whose reader reads when told to. */
class SlowSocket {
  readonly received: {
    id: string
    functionId: string
    sequence: number
    missed: number
  }[] = []
  bufferedAmount = 0
  terminated = false
  readonly #done: (() => void)[] = []

  readonly send = (data: string, done: () => void) => {
    this.received.push(JSON.parse(data))
    this.bufferedAmount += data.length
    this.#done.push(done)
  }

  readonly terminate = () => {
    this.terminated = true
  }

  clog() {
    this.bufferedAmount = 10_000_000
  }

  /** The reader has read everything: the oldest send is done. */
  drain() {
    this.bufferedAmount = 0
    this.#done.shift()?.()
  }
}

const frame = (functionId: string, sequence: number): TelemetryFrame => ({
  hostId: 'host',
  functionKind: 'controller',
  functionId,
  sequence,
  sourceClockMs: sequence * 1000,
  at: new Date(sequence * 1000).toISOString(),
  periodMs: 1000,
  observed: false,
  why: 'no-driver',
})

test('a reader that keeps up gets every frame, none missed', () => {
  const socket = new SlowSocket()
  const outbox = new FrameOutbox(socket)

  outbox.add('s1', frame('a', 1))
  outbox.add('s1', frame('a', 2))

  expect(socket.received).toMatchObject([
    { type: 'frame', id: 's1', functionId: 'a', sequence: 1, missed: 0, observed: false },
    { type: 'frame', id: 's1', functionId: 'a', sequence: 2, missed: 0 },
  ])
})

test('a slow reader gets the newest frame of each function, and how many it missed', () => {
  const socket = new SlowSocket()
  const outbox = new FrameOutbox(socket)
  outbox.add('s1', frame('a', 1))
  socket.clog()
  for (const sequence of [2, 3, 4]) outbox.add('s1', frame('a', sequence))
  outbox.add('s1', frame('b', 9))

  socket.drain()

  expect(socket.received.slice(1)).toMatchObject([
    { functionId: 'a', sequence: 4, missed: 2 },
    { functionId: 'b', sequence: 9, missed: 0 },
  ])
})

test('what was kept leaves before what is newer', () => {
  const socket = new SlowSocket()
  const outbox = new FrameOutbox(socket)
  outbox.add('s1', frame('a', 1))
  socket.clog()
  outbox.add('s1', frame('a', 2))
  socket.bufferedAmount = 0 // room, but its send has not told us yet
  outbox.add('s1', frame('a', 3))

  socket.drain()

  expect(socket.received.map(({ sequence, missed }) => [sequence, missed])).toEqual([
    [1, 0],
    [3, 1],
  ])
})

test('nothing of an ended subscription leaves', () => {
  const socket = new SlowSocket()
  const outbox = new FrameOutbox(socket)
  outbox.add('s1', frame('a', 1))
  socket.clog()
  outbox.add('s1', frame('a', 2))
  outbox.add('s2', frame('a', 2))

  outbox.forget('s1')
  socket.drain()

  expect(socket.received.map(({ id }) => id)).toEqual(['s1', 's2'])
})

test('a reader that asks for more and more, and reads nothing, is given up', () => {
  const socket = new SlowSocket()
  const outbox = new FrameOutbox(socket)
  const answer = { type: 'error', problem: 'x'.repeat(1000) }

  for (let asked = 0; asked < 1000; asked++) outbox.say(answer)
  const atOneMegabyte = socket.terminated
  for (let asked = 0; asked < 10_000; asked++) outbox.say(answer)

  expect([atOneMegabyte, socket.terminated]).toEqual([false, true])
  expect(socket.bufferedAmount).toBeLessThan(1.1 * 1024 * 1024)
})
