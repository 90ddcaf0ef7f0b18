import { expect, onTestFinished, test } from 'vitest'
import { SYSTEM } from '../../../src/access/caller.ts'
import type { FunctionReading } from '../../../src/telemetry/history/intake.ts'
import { openHistory } from '../../../src/telemetry/history/service.ts'
import type { HistoryRequest } from '../../../src/telemetry/history/telemetry-history.ts'
import { temporaryFolder } from '../../store/temporary-store.ts'
import { HOST, PF, watchedHost } from '../watched-host.ts'

const PLAIN = '0000:02:00.0'
const MIB = 1024 * 1024

async function keptHost(fleetPeriodMs: number | null = 10_000) {
  const host = await watchedHost()
  const readings: FunctionReading[] = []
  const history = await openHistory({
    ...host,
    data: temporaryFolder(),
    budgets: { memoryBytes: 16 * MIB, diskBytes: 16 * MIB, fleetPeriodMs },
    onReading: (reading) => readings.push(reading),
    onTrouble: (_doing, trouble) => host.trouble.push(trouble),
  })
  onTestFinished(() => history.stop())
  history.start()
  const range = (request: HistoryRequest) => history.range(SYSTEM, request)
  return { ...host, history, readings, range }
}

const observed = (values: readonly (number | null)[] = []) =>
  values.filter((value) => value !== null)

test('controllers are kept although nobody looks, their queues are not', async () => {
  const { clock, range, history, watches } = await keptHost()

  await clock.advance(60_000)

  const view = await range({ scope: 'controller', id: PLAIN })
  expect(view.sources).toMatchObject([{ kept: 'memory', resolutionSeconds: 10 }])
  expect(observed(view.metrics[0]?.mean).every((rate) => rate > 10)).toBe(true)
  expect((await range({ scope: 'queue', id: PLAIN, qid: 1 })).sources).toEqual([])
  expect(history.held().queues).toBe(0)
  expect(Object.fromEntries(watches.running)).toEqual({ 10_000: 1 })
})

test('a host has the sum of its controllers', async () => {
  const { clock, range } = await keptHost()
  await clock.advance(60_000)
  const toMs = clock.nowMs() - 15_000
  const fromMs = toMs - 20_000

  const rates = await Promise.all(
    [PF, PLAIN].map(async (id) => {
      const view = await range({ scope: 'controller', id, fromMs, toMs, stepSeconds: 20 })
      return view.metrics[0]?.mean[0] ?? 0
    })
  )
  const sum = await range({ scope: 'host', id: HOST, fromMs, toMs, stepSeconds: 20 })

  // A sum is taken when the next reading comes: it lies a period later.
  expect(sum.metrics[0]?.mean[0] ?? 0).toBeGreaterThan(0.5 * (rates[0]! + rates[1]!))
  expect(sum.metrics[0]?.mean[0] ?? 0).toBeLessThan(2 * (rates[0]! + rates[1]!))
})

test('a host has the sum of its controllers also while one of them is read more often', async () => {
  const { clock, history, range } = await keptHost()
  await history.pin(SYSTEM, PLAIN)
  await clock.advance(120_000)
  const within = { fromMs: clock.nowMs() - 70_000, toMs: clock.nowMs() - 10_000 }

  const meanOf = async (scope: 'host' | 'controller', id: string) => {
    const view = await range({ scope, id, ...within, stepSeconds: 60 })
    return view.metrics[0]?.mean[0] ?? NaN
  }
  const sum = (await meanOf('controller', PF)) + (await meanOf('controller', PLAIN))
  const host = await meanOf('host', HOST)

  expect(host / sum).toBeGreaterThan(0.8)
  expect(host / sum).toBeLessThan(1.25)
})

test('what is watched is kept by the second with its queues, as it is shown', async () => {
  const { clock, history, range } = await keptHost(null)
  const shown: (number | undefined)[] = []
  const leave = await history.telemetry.subscribe(
    SYSTEM,
    { controllerIds: [PLAIN], periodMs: 1000 },
    (frame) => {
      if (frame.observed) shown.push(frame.queues.commandsPerSecond[0])
    }
  )
  await clock.advance(30_000)
  await leave()

  const queue = { scope: 'queue', id: PLAIN, qid: 1 } as const
  const { sources, metrics } = await range({ ...queue, stepSeconds: 1 })

  expect(sources).toMatchObject([{ kept: 'memory', resolutionSeconds: 1 }])
  const kept = observed(metrics.find(({ metric }) => metric === 'commandsPerSecond')?.mean)
  expect(shown.length).toBeGreaterThan(20)
  expect(kept.slice(0, shown.length)).toEqual(
    shown.map((rate) => Math.fround(Number(rate)))
  )
})

test('what nobody watches any more is kept for a quarter of an hour', async () => {
  const { clock, history, watches } = await keptHost(null)
  const request = { controllerIds: [PLAIN], periodMs: 20_000 }
  const leave = await history.telemetry.subscribe(SYSTEM, request, () => undefined)
  await clock.advance(60_000)
  await leave()

  await clock.advance(14 * 60_000)
  const before = watches.running.get(20_000)
  await clock.advance(2 * 60_000)

  expect([before, watches.running.get(20_000)]).toEqual([1, 0])
})

test('who watches ten times a second is kept by the second', async () => {
  const { clock, history, range } = await keptHost(null)
  const request = { controllerIds: [PLAIN], periodMs: 100 }
  await history.telemetry.subscribe(SYSTEM, request, () => undefined)

  await clock.advance(20_000)

  const { sources } = await range({ scope: 'controller', id: PLAIN })
  expect(sources).toMatchObject([{ resolutionSeconds: 1 }])
})

test('a controller that is watched at several periods counts each interval once', async () => {
  const { clock, history, readings } = await keptHost(10_000)
  for (const periodMs of [1000, 1000, 5000]) {
    const request = { hostIds: [HOST], periodMs }
    await history.telemetry.subscribe(SYSTEM, request, () => undefined)
  }
  await clock.advance(5_000)
  readings.length = 0

  await clock.advance(30_000)

  const ofPlain = readings.filter(({ id }) => id === PLAIN)
  expect(ofPlain.length).toBeGreaterThanOrEqual(29)
  expect(ofPlain.length).toBeLessThanOrEqual(31)
  expect(new Set(ofPlain.map(({ periodMs }) => periodMs))).toEqual(new Set([1000]))
})

test('a pin keeps queues, and the end of it does not', async () => {
  const { clock, history, watches } = await keptHost(null)
  await history.pin(SYSTEM, PLAIN)
  await clock.advance(10_000)
  expect(history.held().queues).toBeGreaterThan(0)
  expect(watches.running.get(1000)).toBe(1)

  await history.unpin(SYSTEM, PLAIN)
  await clock.advance(1_000)

  expect(watches.running.get(1000)).toBe(0)
})
