/** What slow clients of a channel are not given is told to them, and counted where the service's metrics hear of it. */
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { SYSTEM } from '../../src/access/caller.ts'
import { textMessage } from '../../src/api/socket/burst.ts'
import { Channels } from '../../src/api/socket/channels.ts'
import { FULL_BYTES, Outbox } from '../../src/api/socket/outbox.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { HOST, watchedHost } from '../telemetry/watched-host.ts'
import { parseExposition } from './exposition.ts'
import { messagesOf } from './framing.ts'

const PERIOD_MS = 1000

type Said = {
  readonly type: string
  readonly functionId?: string
  readonly count?: number
}

/** It reads when it is told to, and not before. */
function client() {
  const chunks: Buffer[] = []
  let waiting: (() => void) | undefined
  let reads = false
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk)
      if (reads) done()
      else waiting = done
    },
  })
  const socket = { readyState: 1, send: () => {}, terminate: () => {} }
  return {
    stream,
    outbox: new Outbox(socket, stream),
    read: async () => {
      reads = true
      waiting?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
    said: () =>
      messagesOf(Buffer.concat(chunks)).map(({ text }) => JSON.parse(text) as Said),
  }
}

test('frames that are left out for a slow client are counted, and none of one who reads', async () => {
  const { clock, hosts, store, telemetry } = await watchedHost()
  const metrics = createMetrics('service', clock, {
    hosts,
    store,
    telemetry: () => ({ subscribers: 0, frames: 0 }),
    history: () => ({ series: 0, queues: 0, memoryBytes: 0, diskBytes: 0 }),
    findings: () => [],
  })
  const dropped = async () =>
    parseExposition((await metrics.scrape()).text).samples.find(
      ({ name }) => name === 'nvirt_telemetry_frames_dropped_total'
    )?.value
  const channels = new Channels(telemetry, metrics.dropped)
  const channel = await channels.use(SYSTEM, {
    hostIds: [HOST],
    periodMs: PERIOD_MS,
    compressed: false,
  })
  const [slow, swift] = [client(), client()]
  await swift.read()
  slow.stream.write(textMessage(JSON.stringify({ type: 'x'.repeat(FULL_BYTES) })))
  for (const { outbox } of [slow, swift]) channel.add(outbox)

  const before = await dropped()
  await clock.advance(5 * PERIOD_MS)
  const counted = await dropped()
  await slow.read()

  const frames = swift.said().filter(({ type }) => type === 'frame')
  const functions = new Set(frames.map(({ functionId }) => functionId)).size
  const missed = slow.said().flatMap(({ count }) => count ?? [])
  expect(before).toBe(0)
  expect(frames.length).toBeGreaterThan(functions)
  expect(counted).toBe(frames.length - functions)
  expect(missed.reduce((sum, count) => sum + count, 0)).toBe(counted)
  await channels.giveBack(channel)
  metrics.stop()
})
