import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { Archive } from '../../../src/telemetry/history/archive.ts'
import { History, KEEP_MINUTES_MS } from '../../../src/telemetry/history/history.ts'
import type { Range } from '../../../src/telemetry/history/history.ts'
import type { SeriesKey } from '../../../src/telemetry/history/series.ts'
import { temporaryFolder } from '../../store/temporary-store.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { atSize } from '../../support/test-size.ts'
import { controller, counts } from './archived.ts'

const PF = controller('pf')
const START_MS = Date.UTC(2026, 0, 1)

async function history({ memoryBytes = 8_000_000, folder = temporaryFolder() } = {}) {
  const clock = fakeClock(START_MS)
  const trouble: unknown[] = []
  const archive = await Archive.open({
    folder,
    budgetBytes: 2 ** 24,
    keepMs: KEEP_MINUTES_MS,
  })
  const kept = new History({
    clock,
    archive,
    memoryBytes,
    onTrouble: (_, cause) => trouble.push(cause),
  })
  let stopped = false
  async function stop() {
    if (!stopped) await kept.stop()
    stopped = true
  }
  onTestFinished(stop)
  /** The first metric; all others are not observed. */
  const record = (
    key: SeriesKey,
    value: number,
    periodMs = 1000,
    latency = null as Float64Array | null
  ) =>
    kept.record({
      key,
      periodMs,
      latency,
      values: new Float64Array(7).fill(NaN).fill(value, 0, 1),
    })
  return { clock, kept, record, trouble, folder, stop }
}

const meansOf = (range: Range, metric = 0) => [...(range.metrics[metric]?.mean ?? [])]

test('what came in the last minutes is read as it came', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.option(
          fc.float({ noNaN: true, noDefaultInfinity: true }).map((v) => v + 0),
          { nil: NaN }
        ),
        {
          minLength: 1,
          maxLength: 200,
        }
      ),
      async (values) => {
        const { clock, kept, record } = await history()
        const beganMs = clock.nowMs()
        for (const value of values) {
          await clock.advance(1000)
          record(PF, value)
        }
        const toMs = clock.nowMs()
        const range = await kept.read(PF, { fromMs: beganMs, toMs, stepMs: 1000 })

        expect(meansOf(range)).toEqual(values)
        expect(meansOf(range, 1).every(Number.isNaN)).toBe(true)
        expect(range.sources).toEqual([
          { kept: 'memory', fromMs: beganMs, toMs, resolutionMs: 1000 },
        ])
      }
    ),
    { numRuns: atSize({ normal: 8, full: 100 }) }
  )
})

test('seconds that nobody observed are not observed, and no zero', async () => {
  const { clock, kept, record } = await history()
  for (const second of [1, 2, 3, 7, 8]) {
    await clock.advance(START_MS + second * 1000 - clock.nowMs())
    record(PF, second)
  }

  const range = await kept.read(PF, {
    fromMs: START_MS,
    toMs: START_MS + 9000,
    stepMs: 1000,
  })

  expect(meansOf(range)).toEqual([1, 2, 3, NaN, NaN, NaN, 7, 8, NaN])
})

test('ticks that come early and late leave no hole', async () => {
  const { clock, kept, record } = await history()
  for (let second = 1; second <= 100; second++) {
    const jitterMs = second % 3 === 0 ? 30 : second % 7 === 0 ? -40 : 0
    await clock.advance(START_MS + second * 1000 + jitterMs - clock.nowMs())
    record(PF, 5)
  }

  const range = await kept.read(PF, {
    fromMs: START_MS,
    toMs: START_MS + 99_000,
    stepMs: 1000,
  })

  for (const mean of meansOf(range)) expect(mean).toBeCloseTo(5, 9)
})

test('after quarter of an hour seconds have become minutes, with mean and maximum', async () => {
  const { clock, kept, record } = await history()
  for (let second = 1; second <= 45 * 60; second++) {
    await clock.advance(1000)
    record(PF, second % 60)
  }
  const toMs = clock.nowMs()

  const old = await kept.read(PF, {
    fromMs: START_MS,
    toMs: START_MS + 300_000,
    stepMs: 60_000,
  })
  const all = await kept.read(PF, { fromMs: START_MS, toMs, stepMs: 60_000 })

  expect(meansOf(old)).toEqual([29.5, 29.5, 29.5, 29.5, 29.5])
  expect([...(old.metrics[0]?.max ?? [])]).toEqual([59, 59, 59, 59, 59])
  expect(old.sources).toMatchObject([{ kept: 'disk', resolutionMs: 60_000 }])
  expect(all.sources.map(({ kept: where }) => where)).toEqual(['disk', 'memory'])
  expect(all.sources[0]?.toMs).toBeLessThanOrEqual((all.sources[1]?.fromMs ?? 0) + 1000)
  for (const mean of meansOf(all)) expect(mean).toBeCloseTo(29.5, 9)
})

test('the latencies of all minutes, merged, are those of the whole', async () => {
  const { clock, kept, record } = await history({ memoryBytes: 60_000 })
  await clock.advance(17_000) // blocks of memory do not begin with a minute
  const whole = counts(() => 0)
  let seed = Math.floor(Math.random() * 2 ** 31)
  const first = seed
  for (let second = 1; second <= 10 * 60; second++) {
    await clock.advance(1000)
    const some = counts(() => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % 1000)
    whole.forEach((n, b) => (whole[b] = n + (some[b] ?? 0)))
    record(PF, 1, 1000, some)
  }
  await clock.advance(1000)

  const toMs = START_MS + 11 * 60_000
  for (const stepMs of [1000, 60_000, 77_000, 11 * 60_000]) {
    const { latency, sources } = await kept.read(PF, { fromMs: START_MS, toMs, stepMs })
    const merged = counts((b) => latency.reduce((sum, some) => sum + (some?.[b] ?? 0), 0))
    expect(merged, `seed ${first}, steps of ${stepMs} ms`).toEqual(whole)
    expect(sources.map(({ kept: where }) => where)).toEqual(['disk', 'memory'])
  }
})

test('a mean latency is that of the commands: a busy second counts for more than an idle one', async () => {
  const { clock, kept } = await history()
  for (const [rate, latencyMs] of [
    [900, 1],
    [100, 11],
    [0, NaN],
  ]) {
    await clock.advance(1000)
    const values = Float64Array.of(rate ?? NaN, NaN, NaN, NaN, latencyMs ?? NaN, NaN, NaN)
    kept.record({ key: PF, periodMs: 1000, latency: null, values })
  }

  const range = await kept.read(PF, {
    fromMs: START_MS,
    toMs: START_MS + 3000,
    stepMs: 3000,
  })

  expect(meansOf(range, 4)[0]).toBeCloseTo(2, 6)
})

test('memory is never above its budget, and the oldest samples go first', async () => {
  const memoryBytes = 400_000
  const { clock, kept, record } = await history({ memoryBytes })
  const latency = counts((b) => b)
  for (let second = 1; second <= 600; second++) {
    await clock.advance(1000)
    const many = 1 + (second % 40)
    for (let i = 0; i < many; i++) {
      record(controller(`c${i}`), second, 1000, i % 5 === 0 ? latency : null)
      expect(kept.memoryBytes).toBeLessThanOrEqual(memoryBytes)
    }
  }
  const toMs = clock.nowMs()

  const { sources } = await kept.read(controller('c0'), {
    fromMs: toMs - 600_000,
    toMs,
    stepMs: 1000,
  })

  expect(sources.map(({ kept: where }) => where)).toEqual(['disk', 'memory'])
  expect(sources.at(-1)?.toMs).toBe(toMs)
})

test('a stop loses nothing, and the next process knows it', async () => {
  const folder = temporaryFolder()
  const first = await history({ folder })
  for (let second = 1; second <= 90; second++) {
    await first.clock.advance(1000)
    first.record(PF, 7)
  }
  await first.stop()

  const { kept } = await history({ folder })
  const range = await kept.read(PF, {
    fromMs: START_MS,
    toMs: START_MS + 120_000,
    stepMs: 60_000,
  })

  expect(meansOf(range)).toEqual([7, 7])
})

test('a series that nothing comes of any more is let go, and stays on disk', async () => {
  const { clock, kept, record } = await history()
  for (let second = 1; second <= 60; second++) {
    await clock.advance(1000)
    record(PF, 7)
  }
  const full = kept.memoryBytes

  await clock.advance(20 * 60_000)

  expect(full).toBeGreaterThan(1000)
  expect([kept.memoryBytes, kept.seriesCount]).toEqual([0, 0])
  const range = await kept.read(PF, {
    fromMs: START_MS,
    toMs: START_MS + 60_000,
    stepMs: 60_000,
  })
  expect(meansOf(range)).toEqual([7])
})

test('a clock that is set back begins the series anew', async () => {
  const { clock, kept, record } = await history()
  await clock.advance(100_000)
  record(PF, 1)
  const back = { ...clock, nowMs: () => START_MS + 50_000 }
  Object.assign(clock, back)
  record(PF, 2)

  const range = await kept.read(PF, {
    fromMs: START_MS + 49_000,
    toMs: START_MS + 50_000,
    stepMs: 1000,
  })

  expect(meansOf(range)).toEqual([2])
})
