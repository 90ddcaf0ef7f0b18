/**
 * Ten of 1,000 subscribers stop reading for a minute, at ten ticks of 16 kB a second; the heartbeat ends them on the way. How
 * late frames come to the others is compared with the minute before, in this run; and what waits for one client is held to
 * what docs/telemetry.md states.
 */
import { setTimeout } from 'node:timers/promises'
import { FULL_BYTES } from '../../src/api/socket/outbox.ts'
import { spreadOf, verdictOf } from '../support/verdict.ts'
import { programs, serverProcess, webSocketCrowd, type Crowd } from './crowd.ts'
import { serve } from './server.ts'

const SIZE = { subscribers: 1000, functions: 8, queues: 136 }
const STOPPED = 10
const PERIOD_MS = 100
/** Ticks of half a minute: it is measured in turns, since other work comes and goes on the machine. */
const TURN = 300
const TURNS = 2
const BURST_BYTES = SIZE.functions * 2044

let sent = 0

const [, , role, ...words] = process.argv
if (role === 'serve') await serve(words)
else await measure()

async function measure(): Promise<void> {
  const c = programs()
  try {
    const crowd = await webSocketCrowd(serverProcess('product', SIZE), SIZE, c)
    await turn(crowd, 20)
    const before = await turns(crowd)
    await crowd.subscribers.ask(`stop ${STOPPED}`)
    const meanwhile = await turns(crowd)
    const unsent = Number(await crowd.server.ask('unsent'))
    await crowd.subscribers.ask('read')
    await setTimeout(2000)
    await everybodyCounted(crowd, true)
    tell('p99 of the others, next to the time before', 'µs', meanwhile, before, 1.1)
    tellUnsent(unsent)
    crowd.end()
  } finally {
    c.remove()
  }
}

/** @returns the p99 of each turn, µs */
async function turns(crowd: Crowd): Promise<readonly number[]> {
  const p99: number[] = []
  for (let n = 0; n < TURNS; n++) p99.push(await turn(crowd, TURN))
  return p99
}

async function turn(crowd: Crowd, ticks: number): Promise<number> {
  await crowd.subscribers.ask('late')
  await crowd.server.ask(`send ${ticks} ${PERIOD_MS}`)
  sent += ticks * SIZE.functions
  await everybodyCounted(crowd)
  const [, p99] = (await crowd.subscribers.ask('late')).split(' ')
  return Number(p99)
}

/** Of those that read all the time, each has had every frame once; the others know how many they have missed. */
async function everybodyCounted({ subscribers }: Crowd, stoppedToo = false): Promise<void> {
  const counts = (await subscribers.ask(`await ${sent}`)).split(' ').map(Number)
  const [min, max, wrong, , , untold] = counts
  const isRight = min === sent && max === sent && wrong === 0
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
