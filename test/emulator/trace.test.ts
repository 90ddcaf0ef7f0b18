/** Trace histograms of the emulated kernel: text and numbers, what they count, what is refused. */
import { beforeEach, expect, test } from 'vitest'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { LoadDescription } from '../../src/emulator/load/load-description.ts'
import { BLOCK_STAT } from '../../src/kernel/counters.ts'
import type { CounterReader, HistogramSource } from '../../src/kernel/counters.ts'
import { parseHistogram } from '../support/histogram-text.ts'
import { DRIVERS, labMachine, testMachine } from './machine-calls.ts'
import type { TestMachine } from './machine-calls.ts'

const TRACING = '/sys/kernel/tracing'
const SETUP = `${TRACING}/events/nvme/nvme_setup_cmd/trigger`
const COMPLETE = `${TRACING}/events/nvme/nvme_complete_rq/trigger`
const LAT = `${TRACING}/events/synthetic/lat`
const SQ = `${TRACING}/events/nvme/nvme_sq`
const BEGIN = 'hist:keys=ctrl_id,qid,cid:t=common_timestamp.usecs'
const END =
  'hist:keys=ctrl_id,qid,cid:us=common_timestamp.usecs-$t:onmatch(nvme.nvme_setup_cmd).lat(ctrl_id,qid,$us)'
const ARMING: readonly (readonly [string, string])[] = [
  [`${TRACING}/synthetic_events`, 'lat int ctrl; int qid; u64 us'],
  [SETUP, `${BEGIN}:size=65536`],
  [COMPLETE, END],
  [`${LAT}/trigger`, 'hist:keys=ctrl,qid,us.log2'],
  [`${SQ}/trigger`, 'hist:keys=ctrl_id,qid'],
]
const CONTROLLERS = [
  { instance: 0, queues: 2 },
  { instance: 1, queues: 4 },
]
const COMMANDS: HistogramSource = {
  kind: 'histogram',
  path: `${SQ}/hist`,
  trigger: 'hist:keys=ctrl_id,qid:',
  buckets: 1,
  controllers: CONTROLLERS,
}
const LATENCIES: HistogramSource = {
  ...COMMANDS,
  path: `${LAT}/hist`,
  trigger: 'hist:keys=ctrl,qid,us.log2:',
  buckets: 32,
}
const INTERRUPTS = ['nvme0q1', 'nvme0q2', 'nvme1q1', 'nvme1q2', 'nvme1q3', 'nvme1q4']

let lab: TestMachine

beforeEach(async () => {
  lab = await labMachine()
})

async function arm({ write }: TestMachine): Promise<void> {
  for (const [path, text] of ARMING) expect(await write(path, text)).toBe('ok')
}

async function opened({ machine }: TestMachine, ...sources: readonly HistogramSource[]) {
  return machine.kernel.openCounters([
    ...sources,
    // One interrupt for each command: this load does not coalesce.
    { kind: 'interrupts', names: INTERRUPTS },
  ])
}

test('each command since the arming is counted, on its queue and by its latency', async () => {
  await lab.clock.advance(5_000)
  const before = await opened(lab)
  await before.read()
  await arm(lab)
  const counters = await opened(lab, COMMANDS, LATENCIES)

  for (const step of [0, 1, 777, 3_600_000]) {
    await lab.clock.advance(step)
    await counters.read()
    const { commands, latencies, completed } = partsOf(counters)
    expect(commands, `after ${step} ms`).toEqual(
      completed.map((count, q) => count - before.values[q]!)
    )
    expect(rowSums(latencies)).toEqual(commands)
  }
  // 400 µs lies between 2^8 and 2^9.
  const { commands, latencies } = partsOf(counters)
  expect(latencies[9]).toBe(commands[0])
  expect(commands[0]).toBeGreaterThan(1e6)
})

test('the files print the numbers, and nothing before they are armed', async () => {
  expect(await lab.read(`${SQ}/hist`)).toBe('')
  expect(await lab.read(`${SQ}/trigger`)).toMatch(/^# Available triggers:\n/)
  await arm(lab)
  const counters = await opened(lab, COMMANDS, LATENCIES)
  await lab.clock.advance(60_000)
  await counters.read()
  const { commands, latencies } = partsOf(counters)

  const text = await lab.read(`${SQ}/hist`)
  const ofQueues = parseHistogram(text).filter(({ keys }) => keys[1] !== 0)
  const ofPowers = parseHistogram(await lab.read(`${LAT}/hist`))

  expect(text).toContain(
    'trigger info: hist:keys=ctrl_id,qid:vals=hitcount:sort=hitcount:size=2048 [active]'
  )
  expect(asColumn(ofQueues, 1)).toEqual(commands)
  expect(asColumn(ofPowers, 32)).toEqual(latencies)
})

test('commands in bursts are counted to the one, however often one looks, and lie where the bursts put them', async () => {
  const load: LoadDescription = {
    arrivalsPerSecond: 20_000,
    serviceMicroseconds: 900,
    parallelism: 32,
    burst: { everyMs: 2_000, forMs: 200, factor: 5 },
  }
  const bursting = await testMachine(withLoad(load))
  await arm(bursting)
  const counters = await opened(bursting, COMMANDS, LATENCIES)
  const stat = { kind: 'blockStat', path: '/sys/block/nvme0c0n1/stat' } as const
  const ticks = await bursting.machine.kernel.openCounters([stat])
  let before = new Float64Array(counters.values.length)

  for (let step = 0; step < 200; step++) {
    await bursting.clock.advance(step % 2 === 0 ? 97 : 1_903)
    await counters.read()
    const { commands, latencies } = partsOf(counters)
    expect(rowSums(latencies)).toEqual(commands)
    expect(counters.values.every((value, n) => value >= before[n]!)).toBe(true)
    before = counters.values.slice()
  }

  // What the block layer sums up of the same commands lies within their powers of two.
  await ticks.read()
  const { latencies } = partsOf(counters)
  const [first, second] = [latencies.slice(0, 32), latencies.slice(32, 64)]
  const both = first.map((count, power) => count + second[power]!)
  const mostMs = both.reduce((sum, count, power) => sum + (count * 2 ** power) / 1000, 0)
  const summed = ticks.values[BLOCK_STAT.timeInQueue]!
  expect(summed).toBeGreaterThan(mostMs / 2)
  expect(summed).toBeLessThan(mostMs)
  expect(
    both.slice(0, 10).every((count) => count === 0),
    'a drive takes 900 µs'
  ).toBe(true)
  expect(
    both.slice(13).some((count) => count > 10_000),
    'bursts wait'
  ).toBe(true)
})

test('a controller that goes and comes goes on being counted under its number', async () => {
  await arm(lab)
  const counters = await opened(lab, COMMANDS, LATENCIES)
  await lab.clock.advance(10_000)
  await counters.read()
  const first = partsOf(counters)

  await lab.write(`${DRIVERS}/nvme/unbind`, '0000:02:00.0')
  await lab.clock.advance(10_000)
  await counters.read()
  const gone = partsOf(counters)
  await lab.write(`${DRIVERS}/nvme/bind`, '0000:02:00.0')
  await lab.clock.advance(10_000)
  await counters.read()
  const back = partsOf(counters)

  const ofPlain = ({ commands }: Parts) => commands.slice(2)
  expect(ofPlain(gone)).toEqual(ofPlain(first))
  expect(gone.completed.slice(2).every(Number.isNaN)).toBe(true)
  expect(ofPlain(back)).toEqual(
    back.completed.slice(2).map((count, q) => count + first.commands[q + 2]!)
  )
  expect(rowSums(back.latencies)).toEqual(back.commands)
})

test('what is not armed, or not any more, is not observed', async () => {
  const counters = await opened(lab, COMMANDS, LATENCIES)
  const isSeen = async () => {
    await counters.read()
    return [0, 6].map((at) => !Number.isNaN(counters.values[at]))
  }

  expect(await isSeen()).toEqual([false, false])
  await arm(lab)
  expect(await isSeen()).toEqual([true, true])
  await lab.write(`${LAT}/trigger`, '!hist:keys=ctrl,qid,us.log2')
  expect(await isSeen()).toEqual([true, false])
  await lab.machine.drills.fire({ event: 'reboot' })
  const after = await opened(lab, COMMANDS, LATENCIES)
  await after.read()
  expect(after.values[0]).toBeNaN()
})

function withLoad(load: LoadDescription) {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((subsystem) => ({
    ...subsystem,
    controllers: subsystem.controllers.map((one) => ({ ...one, load })),
  }))
  return { ...host, subsystems }
}

type Parts = ReturnType<typeof partsOf>

function partsOf({ values }: CounterReader) {
  const all = [...values]
  return {
    commands: all.slice(0, 6),
    latencies: all.slice(6, 6 + 6 * 32),
    completed: all.slice(-6),
  }
}

function rowSums(latencies: readonly number[]): readonly number[] {
  return Array.from({ length: latencies.length / 32 }, (_, q) =>
    latencies.slice(q * 32, (q + 1) * 32).reduce((sum, count) => sum + count, 0)
  )
}

function asColumn(
  entries: ReturnType<typeof parseHistogram>,
  buckets: number
): readonly number[] {
  const column = Array.from({ length: 6 * buckets }, () => 0)
  for (const { keys, count } of entries) {
    const [instance = 0, qid = 0, power = 0] = keys
    column[((instance === 0 ? 0 : 2) + qid - 1) * buckets + power] = count
  }
  return column
}
