/** Bursts on their way to a client that reads, or does not: over a real stream, whose reader reads when told to. */
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { BurstMaker, OPCODE, textMessage, type Burst } from '../../src/api/socket/burst.ts'
import { FULL_BYTES, Outbox } from '../../src/api/socket/outbox.ts'
import { messagesOf } from './framing.ts'

type Frame = { readonly functionId: string; readonly sequence: number }

const CHANNEL = 7

function slowReader() {
  const chunks: Buffer[] = []
  const waiting: (() => void)[] = []
  let reads = true
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk)
      if (reads) done()
      else waiting.push(done)
    },
  })
  const state = { terminated: false, readyState: 1 }
  const socket = {
    get readyState() {
      return state.readyState
    },
    send: (data: string) => void stream.write(textMessage(data)),
    terminate: () => (state.terminated = true),
  }
  return {
    outbox: new Outbox(socket, stream),
    stream,
    state,
    writes: () => chunks.length,
    received: () => messagesOf(Buffer.concat(chunks)).map(({ text }) => JSON.parse(text)),
    stopReading: () => void (reads = false),
    /** Reads all that is there, and goes on. */
    readOn: async () => {
      reads = true
      while (waiting.length > 0) {
        waiting.shift()?.()
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

function burst(frames: readonly Frame[], padding = ''): Burst {
  const maker = new BurstMaker()
  for (const frame of frames)
    maker.add(
      frame.functionId,
      OPCODE.text,
      Buffer.from(JSON.stringify({ ...frame, padding }))
    )
  return maker.finish()
}

const frame = (functionId: string, sequence: number): Frame => ({ functionId, sequence })

/** The reader's socket is full: this burst and no further one fits. */
function clog(reader: ReturnType<typeof slowReader>): void {
  reader.stopReading()
  reader.outbox.deliver(CHANNEL, burst([frame('large', 1)], 'x'.repeat(FULL_BYTES)))
}

test('a reader that keeps up gets every burst, each by one write', () => {
  const reader = slowReader()

  reader.outbox.deliver(CHANNEL, burst([frame('a', 1), frame('b', 1)]))
  reader.outbox.deliver(CHANNEL, burst([frame('a', 2)]))

  expect(reader.writes()).toBe(2)
  expect(reader.received()).toMatchObject([frame('a', 1), frame('b', 1), frame('a', 2)])
})

test('a slow reader gets the newest frame of each function, and is told how many it missed', async () => {
  const reader = slowReader()
  clog(reader)
  const leftOut = [2, 3, 4].map((sequence) =>
    reader.outbox.deliver(CHANNEL, burst([frame('a', sequence)]))
  )
  reader.outbox.deliver(CHANNEL, burst([frame('b', 9)]))

  await reader.readOn()
  reader.outbox.deliver(CHANNEL, burst([frame('a', 5)]))

  expect(leftOut).toEqual([0, 1, 1])
  expect(reader.received().slice(1)).toMatchObject([
    { type: 'missed', channel: CHANNEL, functionId: 'a', count: 2 },
    frame('a', 4),
    frame('b', 9),
    frame('a', 5),
  ])
})

test('channels do not replace each other’s frames', async () => {
  const reader = slowReader()
  clog(reader)
  reader.outbox.deliver(1, burst([frame('a', 1)]))
  reader.outbox.deliver(2, burst([frame('a', 8)]))

  await reader.readOn()

  expect(reader.received().slice(1)).toMatchObject([frame('a', 1), frame('a', 8)])
})

test('nothing of a channel that it left leaves', async () => {
  const reader = slowReader()
  clog(reader)
  reader.outbox.deliver(1, burst([frame('a', 2)]))
  reader.outbox.deliver(2, burst([frame('b', 2)]))

  reader.outbox.forget(1)
  await reader.readOn()

  expect(reader.received().slice(1)).toMatchObject([frame('b', 2)])
})

test('what a deaf reader costs does not grow with what it is not reading', () => {
  const reader = slowReader()
  clog(reader)
  const full = reader.stream.writableLength

  for (let sequence = 1; sequence <= 10_000; sequence++)
    reader.outbox.deliver(CHANNEL, burst([frame('a', sequence)], 'x'.repeat(100)))

  expect(reader.stream.writableLength).toBe(full)
})

test('after a goodbye no frame follows', async () => {
  const reader = slowReader()
  clog(reader)
  reader.outbox.deliver(CHANNEL, burst([frame('a', 2)]))
  reader.state.readyState = 2

  await reader.readOn()
  reader.outbox.deliver(CHANNEL, burst([frame('a', 3)]))

  expect(reader.received().length).toBe(1)
})

test('what is held leaves as one', async () => {
  const written: number[] = []
  const stream = new Writable({
    writev: (chunks, done) => {
      written.push(chunks.length)
      done()
    },
  })
  const socket = { readyState: 1, send: () => {}, terminate: () => {} }
  const outbox = new Outbox(socket, stream)

  outbox.hold()
  outbox.deliver(1, burst([frame('a', 1)]))
  outbox.deliver(2, burst([frame('b', 1)]))
  outbox.release()

  expect(written).toEqual([2])
})

test('a reader that asks for more and more, and reads nothing, is given up', () => {
  const reader = slowReader()
  reader.stopReading()
  const answer = { type: 'unsubscribed', id: 'x'.repeat(1000) } as const

  for (let asked = 0; asked < 1000; asked++) reader.outbox.say(answer)
  const atOneMegabyte = reader.state.terminated
  for (let asked = 0; asked < 10_000; asked++) reader.outbox.say(answer)

  expect([atOneMegabyte, reader.state.terminated]).toEqual([false, true])
})
