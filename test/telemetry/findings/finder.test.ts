import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UNSEEN_MS } from '../../../src/telemetry/findings/finder.ts'
import { hold, NOT_HELD, type Held } from '../../../src/telemetry/findings/held.ts'
import { DEPTH, PRIMARY, subjectOf, watchedSeries, type Queue } from './series.ts'

const idle: Queue = { inFlight: 0, rate: 0 }
const busy: Queue = { inFlight: 5, rate: 300 }
const stuck: Queue = { inFlight: 5, rate: 0 }
const unseen: Queue = { inFlight: NaN, rate: NaN }
const full: Queue = { inFlight: DEPTH - 1, rate: 100 }

test('a queue that completes nothing with commands in flight is stuck after ten seconds, once', () => {
  const series = watchedSeries()

  series.seconds(5, { queues: [busy, busy, idle] })
  series.seconds(60, { queues: [busy, stuck, idle] })
  series.seconds(5, { queues: [busy, busy, idle] })

  expect(series.words()).toEqual(['16 queue-stuck 2 began', '66 queue-stuck 2 ended'])
  expect(series.told[0]?.detail).toEqual({ inFlight: 5, commandsPerSecond: 0 })
})

test('one completion in between, or a second that nobody saw, and it is not stuck yet', () => {
  const series = watchedSeries()
  for (const between of [busy, unseen, idle]) {
    series.seconds(9, { queues: [stuck] })
    series.seconds(1, { queues: [between] })
  }

  expect(series.words()).toEqual([])
})

test('what was stuck and is no longer seen is not said to be over before five minutes', () => {
  const series = watchedSeries()
  series.seconds(30, { queues: [stuck] })

  series.finder.sweep(series.nowMs() + UNSEEN_MS - 1)
  expect(series.finder.open().length).toBe(1)
  series.finder.sweep(series.nowMs() + UNSEEN_MS)

  expect(series.words().at(-1)).toBe('30 queue-stuck 1 ended')
  expect(series.told.at(-1)?.detail).toEqual({ why: 'no-longer-observed' })
  expect(series.finder.open()).toEqual([])
})

test('what a former process told is not told again, but its end is', () => {
  const before = watchedSeries()
  before.seconds(30, { queues: [stuck] })
  const series = watchedSeries()
  series.finder.restore(before.finder.open(), 0)

  series.seconds(30, { queues: [stuck] })
  series.seconds(1, { queues: [busy] })

  expect(series.words()).toEqual(['31 queue-stuck 1 ended'])
})

test('a queue is full while no entry is free, and until a quarter is', () => {
  const series = watchedSeries()
  series.seconds(40, { queues: [full, busy] })
  series.seconds(60, { queues: [{ ...full, inFlight: 50 }, busy] })
  series.seconds(40, { queues: [{ ...full, inFlight: 40 }, busy] })

  expect(series.words()).toEqual(['31 queue-full 1 began', '131 queue-full 1 ended'])
})

test('one queue that carries nearly everything is found, with which it is', () => {
  const series = watchedSeries()
  const one = { inFlight: 9, rate: 9000 }
  series.seconds(70, { queues: [busy, busy, one, busy] })
  series.seconds(70, { queues: [one, one, one, one] })

  expect(series.words()).toEqual(['61 one-queue - began', '131 one-queue - ended'])
  expect(series.told[0]?.detail).toMatchObject({ qid: 3 })
})

test('of few queues, or of few commands, one may carry everything', () => {
  const series = watchedSeries()
  series.seconds(100, { queues: [{ inFlight: 9, rate: 9000 }, idle, idle] })
  series.seconds(100, { queues: [{ inFlight: 1, rate: 900 }, idle, idle, idle] })

  expect(series.words()).toEqual([])
})

test('a VF starves whose commands wait while its neighbour has the drive', () => {
  const series = watchedSeries()
  const noisy = { id: 'vf-1', rate: 90_000, inFlight: 64 }
  const victim = { id: 'vf-2', rate: 500, inFlight: 8 }
  const other = { id: 'vf-3', rate: 500, inFlight: 0.1 }
  series.seconds(60, noisy, victim, other)
  series.seconds(60, { ...noisy, rate: 10_000 }, { ...victim, rate: 9000 }, other)

  expect(series.told.map(({ subject, told }) => [subject.id, told])).toEqual([
    ['vf-2', 'began'],
    ['vf-2', 'ended'],
  ])
  expect(series.told[0]?.detail).toMatchObject({ noisyFunctionId: 'vf-1' })
})

test('a VF that asks for little and gets it does not starve', () => {
  const series = watchedSeries()
  const noisy = { id: 'vf-1', rate: 90_000, inFlight: 64 }
  series.seconds(120, noisy, { id: 'vf-2', rate: 500, inFlight: 0.4 })

  expect(series.words()).toEqual([])
})

const minutesOf = (latencyMs: number) => ({
  id: PRIMARY,
  rate: 1000,
  inFlight: 1,
  latencyMs,
})

test('a latency is unusual by its own former minutes, from history or as seen', async () => {
  const former = Array.from({ length: 120 }, (_, i) => 1 + 0.1 * (i % 3))
  const series = watchedSeries({ former })
  series.seconds(1, minutesOf(1))
  await series.latencies.settled()

  series.seconds(5 * 60, minutesOf(1.2))
  expect(series.words()).toEqual([])
  series.seconds(10 * 60, minutesOf(5))
  series.seconds(10 * 60, minutesOf(1.1))

  expect(series.told.map(({ kind, told }) => [kind, told])).toEqual([
    ['latency-unusual', 'began'],
    ['latency-unusual', 'ended'],
  ])
  expect(Number(series.told[0]?.detail['usualMs'])).toBeCloseTo(1.1, 1)
})

test('a latency that has always been so, or that swings as much, is not unusual', async () => {
  for (const former of [[], Array.from({ length: 600 }, (_, i) => 2 ** (i % 5))]) {
    const series = watchedSeries({ former })
    series.seconds(1, minutesOf(4))
    await series.latencies.settled()
    series.seconds(10 * 60, minutesOf(20))

    expect(series.words()).toEqual([])
  }
})

const healthy = {
  criticalWarning: 0,
  temperatureKelvin: 300,
  availableSparePercent: 100,
  percentageUsed: 3,
  dataUnitsRead: '0',
  dataUnitsWritten: '0',
  powerOnHours: '0',
  mediaErrors: '0',
}

test.each([
  ['health-critical-warning', { criticalWarning: 4 }],
  ['health-spare', { availableSparePercent: 10 }],
  ['health-worn', { percentageUsed: 90 }],
  ['health-hot', { temperatureKelvin: 343 }],
] as const)('%s begins and ends by a scan, once', (kind, ill) => {
  const series = watchedSeries()
  for (const smart of [
    healthy,
    { ...healthy, ...ill },
    { ...healthy, ...ill },
    healthy,
    healthy,
  ]) {
    series.finder.takeHealth(subjectOf(PRIMARY), smart, 0)
  }

  expect(series.told.map((one) => [one.kind, one.told])).toEqual([
    [kind, 'began'],
    [kind, 'ended'],
  ])
})

test('a drive that cools a little is still hot, and one that does not know its spare has enough', () => {
  const series = watchedSeries()
  const take = (ill: Partial<typeof healthy>) =>
    series.finder.takeHealth(subjectOf(PRIMARY), { ...healthy, ...ill }, 0)
  take({ temperatureKelvin: 350 })
  take({ temperatureKelvin: 340 })
  take({ availableSparePercent: 0, temperatureKelvin: 340 })

  expect(series.told.map((one) => one.kind)).toEqual(['health-hot'])
})

test('a finding never begins nor ends before its condition has held for as long', () => {
  const times = { beginMs: 5, endMs: 3 }
  const seen = fc.constantFrom('so', 'over', 'between', 'unseen')
  fc.assert(
    fc.property(fc.array(seen, { maxLength: 60 }), (all) => {
      let held: Held = NOT_HELD
      all.forEach((what, at) => {
        const observed =
          what === 'unseen' ? null : { isSo: what === 'so', isOver: what === 'over' }
        const next = hold(held, observed, at, times)
        if (next.open !== held.open) {
          const needed = next.open ? times.beginMs : times.endMs
          const before = all.slice(at - needed, at + 1)
          expect(before).toEqual(before.map(() => (next.open ? 'so' : 'over')))
          expect(before.length).toBe(needed + 1)
        }
        held = next
      })
    })
  )
})
