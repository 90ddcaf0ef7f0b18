/**
 * Findings of all functions: each begins once and ends once. Readings and health go in, in the order of their time; what
 * begins and ends comes out. State is kept only of what is not as it should be, and of usual latencies.
 */
import type { SmartSummary } from '../../host/observation.ts'
import type { FunctionReading, ObservedReading } from '../history/intake.ts'
import { hold, NOT_HELD, type Held, type Observed } from './held.ts'
import { healthConditions } from './health-conditions.ts'
import { HEALTH_KINDS, THRESHOLDS, type FindingKind } from './kinds.ts'
import type { LatencyWatch } from './latency-watch.ts'
import { isStarved, type Share } from './neighbours.ts'
import { isFull, isStuck, nearlyAllOnOne } from './queue-conditions.ts'

export type FindingSubject = Pick<FunctionReading, 'hostId' | 'kind' | 'id'>

export type Finding = {
  readonly kind: FindingKind
  readonly subject: FindingSubject
  /** null: it is of the whole function. */
  readonly qid: number | null
}

export type Told = Finding & {
  readonly told: 'began' | 'ended'
  /** Numbers that show it; of an end, why. */
  readonly detail: Readonly<Record<string, unknown>>
}

export type FinderOptions = {
  /** Entries of each I/O queue; NaN: not known. */
  readonly queueDepthOf: (subject: FindingSubject) => number
  /** The primary controller of the function's drive; null: not known. */
  readonly primaryOf: (subject: FindingSubject) => string | null
  /** Of a controller: it was there when its host was scanned last. */
  readonly isPresent: (subject: FindingSubject) => boolean
  readonly onTold: (told: Told) => void
  readonly latencies: LatencyWatch
}

type Kept = { readonly finding: Finding; held: Held; lastMs: number }
type Fresh = Share & { readonly atMs: number }

/** What has not been observed for so long is no longer said to be so. */
export const UNSEEN_MS = 5 * 60_000
/** Readings of neighbours that are not older are of the same time: fleet readings come every 10 s. */
const SAME_TIME_MS = 15_000

export class Finder {
  readonly #options: FinderOptions
  readonly #kept = new Map<string, Kept>()
  /** Functions of which something is or was kept since the last sweep. */
  #troubled = new Set<string>()
  /** By primary, by function. */
  readonly #drives = new Map<string, Map<string, Fresh>>()

  constructor(options: FinderOptions) {
    this.#options = options
  }

  /** What has begun and not ended. */
  open(): readonly Finding[] {
    const all = [...this.#kept.values()]
    return all.flatMap(({ finding, held }) => (held.open ? [finding] : []))
  }

  /** Findings that a former process told. */
  restore(findings: readonly Finding[], nowMs: number): void {
    for (const finding of findings) {
      const held = { open: true, sinceMs: null }
      this.#keep(keyOf(finding), { finding, held, lastMs: nowMs })
    }
  }

  take(reading: FunctionReading, nowMs: number): void {
    const { observed, hostId, kind, id } = reading
    if (!observed) return
    const subject: FindingSubject = { hostId, kind, id }
    this.#takeQueues(subject, observed, nowMs)
    this.#takeNeighbours(subject, observed, nowMs)
    this.#options.latencies.take(subject, observed.device, nowMs, (condition, detail) =>
      this.#note('latency-unusual', subject, null, condition, nowMs, detail)
    )
  }

  /** Of a controller, as its last scan saw it. */
  takeHealth(subject: FindingSubject, smart: SmartSummary, nowMs: number): void {
    const conditions = healthConditions(smart)
    const { criticalWarning, temperatureKelvin, availableSparePercent, percentageUsed } =
      smart
    const detail = {
      criticalWarning,
      temperatureKelvin,
      availableSparePercent,
      percentageUsed,
    }
    for (const kind of HEALTH_KINDS) {
      this.#note(kind, subject, null, conditions[kind], nowMs, detail)
    }
  }

  /** To be called now and then. */
  sweep(nowMs: number): void {
    for (const [key, { finding, held, lastMs }] of this.#kept) {
      if (nowMs - lastMs < UNSEEN_MS || this.#isAsScanned(finding)) continue
      this.#kept.delete(key)
      if (held.open) this.#tell(finding, 'ended', { why: 'no-longer-observed' })
    }
    this.#troubled = new Set(
      [...this.#kept.values()].map(({ finding }) => finding.subject.id)
    )
    for (const [primary, functions] of this.#drives) {
      for (const [id, { atMs }] of functions) {
        if (nowMs - atMs > SAME_TIME_MS) functions.delete(id)
      }
      if (functions.size === 0) this.#drives.delete(primary)
    }
  }

  /** The health of a drive whose host is away is what it was, however long nobody sees it. */
  #isAsScanned({ kind, subject }: Finding): boolean {
    return kind.startsWith('health-') && this.#options.isPresent(subject)
  }

  #takeQueues(subject: FindingSubject, { queues }: ObservedReading, nowMs: number): void {
    const { qid, inFlight, commandsPerSecond } = queues
    const depth = this.#options.queueDepthOf(subject)
    for (let row = 0; row < qid.length; row++) {
      const [number, depthNow, rate] = [qid[row]!, inFlight[row]!, commandsPerSecond[row]!]
      // The usual case, of very many queues, allocates nothing.
      const isUsual = !(depthNow > 0 && rate === 0) && !(depthNow >= depth - 1)
      if (isUsual && !this.#troubled.has(subject.id)) continue
      const detail = { inFlight: depthNow, commandsPerSecond: rate }
      this.#note('queue-stuck', subject, number, isStuck(depthNow, rate), nowMs, detail)
      const full = isFull(depthNow, depth)
      this.#note('queue-full', subject, number, full, nowMs, { inFlight: depthNow, depth })
    }
    const one = nearlyAllOnOne(queues)
    const detail = one && { qid: one.qid, part: one.part, commandsPerSecond: one.perSecond }
    this.#note('one-queue', subject, null, one, nowMs, detail ?? {})
  }

  #takeNeighbours(
    subject: FindingSubject,
    { device }: ObservedReading,
    nowMs: number
  ): void {
    const primary = this.#options.primaryOf(subject)
    if (primary === null) return
    const [reads = NaN, writes = NaN] = device
    const share: Fresh = {
      id: subject.id,
      commandsPerSecond: reads + writes,
      inFlight: device.at(-1) ?? NaN,
      atMs: nowMs,
    }
    const all = this.#drives.get(primary) ?? new Map<string, Fresh>()
    this.#drives.set(primary, all.set(subject.id, share))
    if (subject.kind !== 'virtualFunction') return
    const now = [...all.values()].filter(({ atMs }) => nowMs - atMs <= SAME_TIME_MS)
    const starved = isStarved(share, now)
    const detail = starved && {
      noisyFunctionId: starved.noisyId,
      part: starved.part,
      timesAsLong: Number.isFinite(starved.times) ? starved.times : null,
    }
    this.#note('vf-starved', subject, null, starved, nowMs, detail ?? {})
  }

  #note(
    kind: FindingKind,
    subject: FindingSubject,
    qid: number | null,
    observed: Observed | null,
    nowMs: number,
    detail: Told['detail']
  ): void {
    const key = keyOf({ kind, subject, qid })
    const before = this.#kept.get(key)
    if (!observed?.isSo && !before) return
    const kept = before ?? {
      finding: { kind, subject, qid },
      held: NOT_HELD,
      lastMs: nowMs,
    }
    const held = hold(kept.held, observed, nowMs, THRESHOLDS[kind])
    if (observed) kept.lastMs = nowMs
    const turned = held.open !== kept.held.open
    kept.held = held
    if (held.open || held.sinceMs !== null) this.#keep(key, kept)
    else this.#kept.delete(key)
    if (turned) this.#tell(kept.finding, held.open ? 'began' : 'ended', detail)
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.set(key, kept)
    this.#troubled.add(kept.finding.subject.id)
  }

  #tell(finding: Finding, told: Told['told'], detail: Told['detail']): void {
    this.#options.onTold({ ...finding, told, detail })
  }
}

function keyOf({ kind, subject, qid }: Finding): string {
  return qid === null ? `${kind} ${subject.id}` : `${kind} ${subject.id} ${qid}`
}
