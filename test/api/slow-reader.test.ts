/** A client that stops reading for a while, over a real connection. */
import { createServer, connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { expect, test, onTestFinished } from 'vitest'
import { BurstMaker, OPCODE, type Burst } from '../../src/api/socket/burst.ts'
import { fanOut } from '../../src/api/socket/fan-out.ts'
import { FULL_BYTES, Outbox } from '../../src/api/socket/outbox.ts'
import { NO_DESCRIPTOR } from '../../src/api/socket/straight-write.ts'
import { eventually } from '../support/eventually.ts'
import { messagesOf } from './framing.ts'

const CHANNEL = 3
const FRAMES = 2000
const SOCKET = { readyState: 1, send: () => {}, terminate: () => {} }
const PADDING = 'x'.repeat(16 * 1024)

test('who stops reading has had or missed every frame when he reads on, and the newest last', async () => {
  const { near, far } = await connection()
  const outbox = new Outbox(SOCKET, near)
  let mostUnsent = 0
  let dropped = 0
  for (let sequence = 1; sequence <= FRAMES; sequence++) {
    dropped += fanOut(CHANNEL, burst(sequence), new Set([outbox]))
    mostUnsent = Math.max(mostUnsent, near.writableLength)
  }

  const read: Buffer[] = []
  far.on('data', (bytes) => read.push(bytes))
  const messages = await eventually('the newest frame', () => {
    const known = whole(read)
    return known?.at(-1)?.['sequence'] === FRAMES ? known : undefined
  })

  const [missed] = messages.filter(({ type }) => type === 'missed')
  const frames = messages.filter(({ type }) => type === 'frame')
  const firstOnes = frames.slice(0, -1).map(({ sequence }) => sequence)
  expect(firstOnes).toEqual(firstOnes.map((_, n) => n + 1))
  expect(missed).toMatchObject({ channel: CHANNEL, functionId: 'fn' })
  expect(frames.length + Number(missed?.['count'])).toBe(FRAMES)
  expect(dropped).toBe(missed?.['count'])
  expect(mostUnsent).toBeLessThan(FULL_BYTES + 2 * PADDING.length)
})

test('all members of a channel have its burst, those who can be written to at once and those who cannot', async () => {
  const [one, other] = [await connection(), await connection()]
  const sockets = [one, other].map(({ near }) => new Outbox(SOCKET, near))
  const held = new Outbox(SOCKET, (await connection()).near)
  const goodbye = new Outbox({ ...SOCKET, readyState: 2 }, (await connection()).near)
  const read = [one, other].map(({ far }) => {
    const chunks: Buffer[] = []
    far.on('data', (bytes) => chunks.push(bytes))
    return chunks
  })
  held.hold()

  const ways = [...sockets, held, goodbye].map((outbox) => outbox.descriptor() > 0)
  for (const sequence of [1, 2, 3])
    fanOut(CHANNEL, burst(sequence), new Set([...sockets, held, goodbye]))

  expect(ways).toEqual([true, true, false, false])
  for (const chunks of read) {
    const frames = await eventually('three frames', () => {
      const known = whole(chunks)
      return known?.length === 3 ? known : undefined
    })
    expect(frames.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
  }
})

test('a stream that is closed has no descriptor, which may be another’s by now', async () => {
  const { near } = await connection()
  const outbox = new Outbox(SOCKET, near)
  const before = outbox.descriptor()

  near.destroy()

  expect([before > 0, outbox.descriptor()]).toEqual([true, NO_DESCRIPTOR])
})

test('a client that is gone is an error of its connection, and of nothing else', async () => {
  const { near, far } = await connection()
  const outbox = new Outbox(SOCKET, near)
  const failed = once(near, 'error')

  far.resetAndDestroy()
  await eventually('the failure', () => {
    fanOut(CHANNEL, burst(1), new Set([outbox]))
    return near.destroyed || undefined
  })
  fanOut(CHANNEL, burst(2), new Set([outbox]))

  expect((await failed)[0]).toMatchObject({ syscall: 'write' })
})

async function connection(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer({ pauseOnConnect: true })
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const far = connect(address.port, '127.0.0.1')
  const [near] = await accepted
  onTestFinished(() => {
    near.destroy()
    far.destroy()
    server.close()
  })
  return { near, far }
}

function burst(sequence: number): Burst {
  const maker = new BurstMaker()
  const frame = JSON.stringify({ type: 'frame', sequence, PADDING })
  maker.add('fn', OPCODE.text, Buffer.from(frame))
  return maker.finish()
}

type Read = Readonly<Record<string, unknown>>

/** undefined: the last message is still on its way. */
function whole(read: readonly Buffer[]): readonly Read[] | undefined {
  try {
    return messagesOf(Buffer.concat(read)).map(({ text }) => JSON.parse(text) as Read)
  } catch {
    return undefined // not all of it is there
  }
}
