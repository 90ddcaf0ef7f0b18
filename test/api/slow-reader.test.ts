/** A client that stops reading for a while, over a real connection. */
import { createServer, connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { expect, test, onTestFinished } from 'vitest'
import { BurstMaker, OPCODE, type Burst } from '../../src/api/socket/burst.ts'
import { FULL_BYTES, Outbox } from '../../src/api/socket/outbox.ts'
import { eventually } from '../support/eventually.ts'
import { messagesOf } from './framing.ts'

const CHANNEL = 3
const FRAMES = 2000
const PADDING = 'x'.repeat(16 * 1024)

test('who stops reading has had or missed every frame when he reads on, and the newest last', async () => {
  const { near, far } = await connection()
  const outbox = new Outbox({ readyState: 1, send: () => {}, terminate: () => {} }, near)
  let mostUnsent = 0
  for (let sequence = 1; sequence <= FRAMES; sequence++) {
    outbox.deliver(CHANNEL, burst(sequence))
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
  expect(mostUnsent).toBeLessThan(FULL_BYTES + 2 * PADDING.length)
})

test('a client that is gone is an error of its connection, and of nothing else', async () => {
  const { near, far } = await connection()
  const socket = { readyState: 1, send: () => {}, terminate: () => {} }
  const outbox = new Outbox(socket, near)
  const failed = once(near, 'error')

  far.resetAndDestroy()
  await eventually('the failure', () => {
    outbox.deliver(CHANNEL, burst(1))
    return near.destroyed || undefined
  })
  outbox.deliver(CHANNEL, burst(2))

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
