/**
 * What the hardware did: samples of the last minutes in memory (recent.ts), minutes of the last month on disk
 * (archive.ts), each within its budget. Time is that of the service's clock when a frame came: hosts' clocks differ.
 */
import type { Clock } from '../../clock.ts'
import { Accumulator, type Interval } from './accumulator.ts'
import type { Archive } from './archive.ts'
import { SHAPES } from './metrics.ts'
import { Recent, type RecentSeries } from './recent.ts'
import type { ArchiveRow } from './segment-records.ts'
import { seriesName, shapeOf, type SeriesKey } from './series.ts'
import { inSteps, type Steps } from './steps.ts'

export const MINUTE_MS = 60_000
/** Of samples in memory: what comes faster is merged. */
export const FINEST_MS = 1_000
export const KEEP_RECENT_MS = 15 * MINUTE_MS
export const KEEP_MINUTES_MS = 30 * 24 * 60 * MINUTE_MS
/** Minutes are written, and fsync'd, that often: what a crash may lose is that and the minute under way. */
export const FLUSH_MS = MINUTE_MS

export type HistoryOptions = {
  readonly clock: Clock
  readonly archive: Archive
  readonly memoryBytes: number
  readonly onTrouble: (doing: string, trouble: unknown) => void
}

/** One function's or queue's numbers over one interval; columns as its shape has them. */
export type Reading = {
  readonly key: SeriesKey
  readonly values: Float64Array
  /** Commands completed in the interval, by latency: BUCKETS. null: not observed. */
  readonly latency: Float64Array | null
  readonly periodMs: number
}

export type RangeQuery = {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
}

/** Where the numbers of a part of the range are from. */
export type RangeSource = {
  readonly kept: 'memory' | 'disk'
  readonly fromMs: number
  readonly toMs: number
  /** Longest interval that is one number there. */
  readonly resolutionMs: number
}

export type Range = Steps & { readonly sources: readonly RangeSource[] }

type Series = {
  readonly key: SeriesKey
  readonly recent: RecentSeries
  /** What is no sample yet. */
  readonly thin: Accumulator
  readonly minute: Accumulator
  /** Which one that is, since the epoch. */
  minuteNumber: number
  lastMs: number
}

export class History {
  readonly #options: HistoryOptions
  readonly #recent: Recent
  readonly #series = new Map<string, Series>()
  readonly #stopFlushing: () => void
  #due: ArchiveRow[] = []
  #writing = Promise.resolve()

  constructor(options: HistoryOptions) {
    this.#options = options
    const { memoryBytes: budgetBytes } = options
    this.#recent = new Recent({ budgetBytes, keepMs: KEEP_RECENT_MS })
    this.#stopFlushing = options.clock.every(FLUSH_MS, () => void this.flush())
  }

  /** Of memory; never more than the budget. */
  get memoryBytes(): number {
    return this.#recent.bytes
  }

  get seriesCount(): number {
    return this.#series.size
  }

  /** The interval that ends now. */
  record({ key, values, latency, periodMs }: Reading): void {
    const nowMs = this.#options.clock.nowMs()
    const series = this.#seriesOf(key, nowMs)
    if (!series || nowMs === series.lastMs) return
    const sinceMs = nowMs - series.lastMs
    const spanMs = sinceMs <= 2 * periodMs ? sinceMs : periodMs
    series.lastMs = nowMs
    series.thin.add({ spanMs, mean: values, max: values, latency })
    // A tick that comes a little early is a sample all the same.
    if (series.thin.spanMs < FINEST_MS - Math.min(periodMs, FINEST_MS) / 2) return
    const sample = series.thin.taken(nowMs)
    series.thin.reset()
    this.#recent.add(series.recent, sample)
    this.#addToMinute(series, sample)
  }

  /** @param query steps of whole seconds; as many as the caller can take */
  async read(key: SeriesKey, query: RangeQuery): Promise<Range> {
    const { old, fresh } = await this.#within(key, query)
    return {
      ...inSteps(SHAPES[shapeOf(key)], [...old, ...fresh], query),
      sources: [...sourceOf('disk', old, MINUTE_MS), ...sourceOf('memory', fresh, 0)],
    }
  }

  /** What there is of the range, oldest first: minutes from disk, samples from memory. Costs what there is, however long the range. */
  async intervals(
    key: SeriesKey,
    range: Omit<RangeQuery, 'stepMs'>
  ): Promise<readonly Interval[]> {
    const { old, fresh } = await this.#within(key, range)
    return [...old, ...fresh]
  }

  /** Writes the minutes that are over; resolves when they are durable, or reported lost. */
  flush(): Promise<void> {
    const nowMs = this.#options.clock.nowMs()
    this.#recent.dropOlderThan(nowMs)
    for (const [name, series] of this.#series) {
      if (series.minuteNumber < Math.floor(nowMs / MINUTE_MS)) this.#endMinute(series)
      if (series.recent.blocks.length === 0 && series.lastMs < nowMs - KEEP_RECENT_MS) {
        this.#recent.forget(series.recent)
        this.#series.delete(name)
      }
    }
    return this.#writeDue()
  }

  /** The minute under way is written as far as it has come. */
  async stop(): Promise<void> {
    this.#stopFlushing()
    for (const series of this.#series.values()) this.#endMinute(series)
    await this.#writeDue()
    await this.#options.archive.close()
  }

  #seriesOf(key: SeriesKey, nowMs: number): Series | undefined {
    const name = seriesName(key)
    const known = this.#series.get(name)
    if (known && known.lastMs <= nowMs) return known
    if (known) this.#forget(name, known) // the clock was set back
    const columns = SHAPES[shapeOf(key)]
    const recent = this.#recent.series(columns.metrics.length)
    if (!recent) return undefined
    const series: Series = {
      key,
      recent,
      thin: new Accumulator(columns),
      minute: new Accumulator(columns),
      minuteNumber: 0,
      lastMs: -Infinity,
    }
    this.#series.set(name, series)
    return series
  }

  #forget(name: string, series: Series): void {
    this.#endMinute(series)
    this.#recent.forget(series.recent)
    this.#series.delete(name)
  }

  /** A sample belongs to the minute in which it ends. */
  #addToMinute(series: Series, sample: Interval): void {
    const minute = Math.floor((sample.toMs - 1) / MINUTE_MS)
    if (minute !== series.minuteNumber) this.#endMinute(series)
    series.minuteNumber = minute
    series.minute.add(sample)
  }

  #endMinute({ key, minute, minuteNumber }: Series): void {
    if (minute.spanMs === 0) return
    const interval = minute.taken((minuteNumber + 1) * MINUTE_MS)
    minute.reset()
    const name = seriesName(key)
    this.#due.push({ name, shape: shapeOf(key), minute: minuteNumber, interval })
  }

  #writeDue(): Promise<void> {
    const rows = this.#due
    this.#due = []
    const { archive, onTrouble } = this.#options
    this.#writing = this.#writing
      .then(() => archive.write(rows))
      .catch((trouble: unknown) => onTrouble('writing telemetry history', trouble))
    return this.#writing
  }

  async #within(key: SeriesKey, query: Omit<RangeQuery, 'stepMs'>) {
    const series = this.#series.get(seriesName(key))
    const recentFromMs = series ? this.#recent.beganMs(series.recent) : Infinity
    const diskToMs = Math.min(query.toMs, recentFromMs)
    const archived =
      query.fromMs < diskToMs ? await this.#archived(key, query, diskToMs) : []
    const old = archived.filter((minute) => !isAllAfter(minute, recentFromMs))
    const freshFromMs = Math.max(query.fromMs, old.at(-1)?.toMs ?? 0)
    const fresh = series
      ? [...this.#recent.read(series.recent, freshFromMs)].filter(
          ({ toMs, spanMs }) => toMs - spanMs < query.toMs
        )
      : []
    return { old: old.map(wholeMinute), fresh }
  }

  async #archived(
    key: SeriesKey,
    { fromMs }: Pick<RangeQuery, 'fromMs'>,
    toMs: number
  ): Promise<readonly Interval[]> {
    await this.#writing
    return this.#options.archive.read(key, {
      fromMinute: Math.floor(fromMs / MINUTE_MS),
      toMinute: Math.ceil(toMs / MINUTE_MS) - 1,
    })
  }
}

/** Nothing of the minute was seen before `sinceMs`, to a sample: memory has all of it. */
function isAllAfter({ toMs, spanMs }: Interval, sinceMs: number): boolean {
  return toMs > sinceMs && spanMs <= toMs - sinceMs + FINEST_MS
}

/** What was seen of a minute stands for all of it. */
function wholeMinute(minute: Interval): Interval {
  return { ...minute, spanMs: MINUTE_MS }
}

function sourceOf(
  kept: RangeSource['kept'],
  intervals: readonly Interval[],
  leastMs: number
): readonly RangeSource[] {
  const [first, last] = [intervals[0], intervals.at(-1)]
  if (!first || !last) return []
  const resolutionMs = intervals.reduce(
    (most, { spanMs }) => Math.max(most, spanMs),
    leastMs
  )
  const fromMs = first.toMs - (kept === 'disk' ? MINUTE_MS : first.spanMs)
  return [{ kept, fromMs, toMs: last.toMs, resolutionMs }]
}
