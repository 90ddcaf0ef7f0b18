/**
 * A frame of 2 kB to each of 1,000 subscribers, and eight of them at once. The product goes through its own door, from the
 * frame's columns to the socket; every frame is counted by a client in C, and a lost or repeated one fails the run.
 */
import { compare, type Contender } from '../support/rounds.ts'
import {
  programs,
  rawCrowd,
  serverProcess,
  webSocketCrowd,
  type Crowd,
  type CrowdSize,
  type Programs,
} from './crowd.ts'
import { serve } from './server.ts'

const SUBSCRIBERS = 1000
/** Makes 2,048 bytes. */
const QUEUES = 136
const unit = 'µs of CPU per frame and subscriber'

const [, , role, ...words] = process.argv
if (role === 'serve') await serve(words)
else await measure()

async function measure(): Promise<void> {
  const c = programs()
  try {
    await fanOut(c)
    await bursts(c)
  } finally {
    c.remove()
  }
}

async function fanOut(c: Programs): Promise<void> {
  const size = { subscribers: SUBSCRIBERS, functions: 1, queues: QUEUES }
  const [product, ws, raw] = await all(size, c)
  await compare({
    scenario: 'telemetry-fan-out',
    params: { ...size, ticks: 100 },
    unit,
    product: sending('the telemetry route', product, 100),
    peers: [
      { ...sending('a C loop of write(2)', raw, 100), goal: 1.25 },
      { ...sending('ws, one prepared buffer to each', ws, 100), goal: 0.85 },
    ],
  })
  for (const crowd of [product, ws, raw]) crowd.end()
}

async function bursts(c: Programs): Promise<void> {
  const size = { subscribers: SUBSCRIBERS, functions: 8, queues: QUEUES }
  const [product, ws, raw] = await all(size, c)
  await compare({
    scenario: 'telemetry-bursts',
    params: { ...size, ticks: 25 },
    unit,
    product: sending('the telemetry route', product, 25),
    peers: [
      { ...sending('a C loop of write(2), batched', raw, 25), goal: 1.15 },
      { ...sending('ws, eight prepared buffers to each', ws, 25), goal: 1 },
    ],
  })
  for (const crowd of [product, ws, raw]) crowd.end()
}

/** All at once: product and peers take turns. */
async function all(size: CrowdSize, c: Programs): Promise<readonly [Crowd, Crowd, Crowd]> {
  const product = await webSocketCrowd(serverProcess('product', size), size, c)
  const ws = await webSocketCrowd(serverProcess('ws', size), size, c)
  return [product, ws, await rawCrowd(size, c)]
}

function sending(name: string, crowd: Crowd, ticks: number): Contender {
  return { name, round: () => crowd.send(ticks) }
}
