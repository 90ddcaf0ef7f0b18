/**
 * JSON frames to 1,000 subscribers who have asked for compression, next to as many who have not: each frame is deflated once.
 * A client in C counts every frame, and holds it against what all others got; one of `ws` inflates them, and a lost or
 * repeated one fails the run.
 */
import { once } from 'node:events'
import WebSocket from 'ws'
import type { PeerProcess } from '../support/peer-process.ts'
import { compare, type Contender } from '../support/rounds.ts'
import { spreadOf, verdictOf } from '../support/verdict.ts'
import { jsonCrowd, programs, serverProcess, SUBSCRIBE, type Crowd } from './crowd.ts'
import { serve } from './server.ts'

const SIZE = { subscribers: 1000, functions: 1, queues: 136 }
const TICKS = 20
const BYTES_GOAL = 0.35
const params = { ...SIZE, format: 'json' }

const [, , role, ...words] = process.argv
if (role === 'serve') await serve(words)
else await measure()

async function measure(): Promise<void> {
  const c = programs()
  const [product, plain] = [serverProcess('product', SIZE), serverProcess('product', SIZE)]
  const readers = [await reader(product, true), await reader(plain, false)] as const
  const crowds = [
    await jsonCrowd(product, SIZE, c, 'deflated'),
    await jsonCrowd(plain, SIZE, c, 'same'),
  ] as const
  c.remove()
  await compare({
    scenario: 'telemetry-compressed',
    params: { ...params, ticks: TICKS },
    unit: 'µs of CPU per frame and subscriber',
    product: sending('deflated once for all', crowds[0], readers[0]),
    peers: [{ ...sending('as they are', crowds[1], readers[1]), goal: 1.1 }],
  })
  await compareBytes(crowds[0], crowds[1])
  for (const { close } of readers) close()
  for (const crowd of crowds) crowd.end()
}

type Reader = Awaited<ReturnType<typeof reader>>

function sending(name: string, crowd: Crowd, its: Reader): Contender {
  return {
    name,
    round: async () => {
      const cost = await crowd.send(TICKS)
      await its.hasNext(TICKS)
      return cost
    },
  }
}

/** A client as people write it: what it reads are the frames, one after the other. */
async function reader(server: PeerProcess, compress: boolean) {
  const query = compress ? '?compress=true' : ''
  const port = await server.ask('port')
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/telemetry${query}`)
  let sequence = 0
  let trouble = ''
  const wanted = (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; sequence?: number }
    if (message.type !== 'frame') return
    sequence += 1
    if (message.sequence !== sequence) trouble = `${message.sequence} came as ${sequence}`
  }
  socket.on('message', wanted)
  await once(socket, 'open')
  socket.send(JSON.stringify({ ...SUBSCRIBE, format: 'json' }))
  await once(socket, 'message')
  let due = 0
  return {
    /** @throws Error when one is lost or comes twice */
    hasNext: async (frames: number) => {
      due += frames
      while (sequence < due && trouble === '') await once(socket, 'message')
      if (trouble !== '') throw new Error(trouble)
    },
    close: () => socket.terminate(),
  }
}

async function compareBytes(deflated: Crowd, plain: Crowd): Promise<void> {
  const [own, its] = [await bytesOf(deflated), await bytesOf(plain)]
  const ratio = spreadOf([own / its])
  const line = {
    scenario: 'telemetry-compressed-size',
    params,
    unit: 'bytes of all frames',
    product: spreadOf([own]),
    peer: { name: 'as they are', ...spreadOf([its]) },
    ratio,
    goal: BYTES_GOAL,
    pass: verdictOf(ratio, BYTES_GOAL),
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** Both have had as many frames. */
async function bytesOf({ subscribers }: Crowd): Promise<number> {
  return Number(await subscribers.ask('bytes'))
}
