/**
 * Ten of 1,000 subscribers stop reading for a minute, at ten ticks of 16 kB a second. How late frames come to the others is
 * compared with another server at the same time, where all read, so that what else the machine does meets both. What waits
 * for one client is held to what docs/telemetry.md states, and none of those who stopped is let go of.
 */
import { setTimeout } from 'node:timers/promises'
import { FULL_BYTES } from '../../src/api/socket/outbox.ts'
import { spreadOf, verdictOf } from '../support/verdict.ts'
import {
  programs,
  serverProcess,
  webSocketCrowd,
  type Crowd,
  type Programs,
} from './crowd.ts'
import { serve } from './server.ts'

const SIZE = { subscribers: 1000, functions: 8, queues: 136 }
const STOPPED = 10
const PERIOD_MS = 100
/** Ticks of ten seconds. */
const TURN = 100
/** A minute. */
const TURNS = 6
const BURST_BYTES = SIZE.functions * 2044

const [, , role, ...words] = process.argv
if (role === 'serve') await serve(words)
else await measure()

type Readers = { readonly crowd: Crowd; sent: number }

async function measure(): Promise<void> {
  const c = programs()
  try {
    const reading: Readers = { crowd: await crowdOf(c), sent: 0 }
    const stopping: Readers = { crowd: await crowdOf(c), sent: 0 }
    await turns(reading, stopping, 2)
    await stopping.crowd.subscribers.ask(`stop ${STOPPED}`)
    const { before, meanwhile } = await turns(reading, stopping, TURNS)
    const unsent = Number(await stopping.crowd.server.ask('unsent'))
    await stopping.crowd.subscribers.ask('read')
    await setTimeout(2000)
    await everybodyCounted(stopping, true)
    tell('p99 of the others, next to where all read', 'µs', meanwhile, before, 1.1)
    tellUnsent(unsent)
    for (const { crowd } of [reading, stopping]) crowd.end()
  } finally {
    c.remove()
  }
}

async function crowdOf(c: Programs): Promise<Crowd> {
  return webSocketCrowd(serverProcess('product', SIZE), SIZE, c)
}

/** Both at once, their ticks in turns. @returns the p99 of each turn, µs */
async function turns(reading: Readers, stopping: Readers, times: number) {
  const before: number[] = []
  const meanwhile: number[] = []
  for (let n = 0; n < times; n++) {
    const all = turn(reading)
    await setTimeout(PERIOD_MS / 2)
    meanwhile.push(await turn(stopping))
    before.push(await all)
  }
  return { before, meanwhile }
}

async function turn(readers: Readers): Promise<number> {
  const { subscribers, server } = readers.crowd
  await subscribers.ask('late')
  await server.ask(`send ${TURN} ${PERIOD_MS}`)
  readers.sent += TURN * SIZE.functions
  await everybodyCounted(readers)
  const [, p99] = (await subscribers.ask('late')).split(' ')
  return Number(p99)
}

/** Of those that read all the time, each has had every frame once; the others know how many they have missed. */
async function everybodyCounted(
  { crowd, sent }: Readers,
  stoppedToo = false
): Promise<void> {
  const counts = (await crowd.subscribers.ask(`await ${sent}`)).split(' ').map(Number)
  const [min, max, wrong, , ended, untold] = counts
  const isRight = min === sent && max === sent && wrong === 0 && ended === 0
  const isTold = !stoppedToo || untold === 0
  if (!isRight || !isTold)
    throw new Error(
      `of ${sent} frames (least, most, wrong, missed, ended, untold): ${counts.join()}`
    )
}

function tell(
  scenario: string,
  unit: string,
  product: readonly number[],
  peer: readonly number[],
  goal: number
): void {
  const ratio = spreadOf(product.map((value, n) => value / peer[n]!)) // as many turns of each
  line({
    scenario: `telemetry-slow-readers: ${scenario}`,
    unit,
    product: spreadOf(product),
    peer: { name: 'all read', ...spreadOf(peer) },
    ratio,
    goal,
    pass: verdictOf(ratio, goal),
  })
}

function tellUnsent(bytes: number): void {
  const goal = FULL_BYTES + BURST_BYTES
  line({
    scenario: 'telemetry-slow-readers: what waits for one client at most',
    unit: 'bytes',
    product: spreadOf([bytes]),
    goal,
    pass: bytes <= goal,
  })
}

function line(values: object): void {
  const params = { ...SIZE, stopped: STOPPED, periodMs: PERIOD_MS }
  process.stdout.write(`${JSON.stringify({ params, ...values })}\n`)
}
