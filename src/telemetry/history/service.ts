/** History put together: what it watches, what it keeps, what it answers. */
import path from 'node:path'
import type { Clock } from '../../clock.ts'
import { ControlPlaneError } from '../../errors.ts'
import type { Store } from '../../store/store.ts'
import type { Telemetry } from '../telemetry.ts'
import { Archive } from './archive.ts'
import { FleetWatch } from './fleet-watch.ts'
import { FLUSH_MS, FINEST_MS, History, KEEP_MINUTES_MS } from './history.ts'
import { viewOf } from './history-view.ts'
import type { FunctionReading } from './intake.ts'
import { Interest } from './interest.ts'
import { MOST_PINS, Pins } from './pins.ts'
import { QueueAdmission } from './queue-admission.ts'
import { keyOf, rangeOf } from './range-of-request.ts'
import { Recorder } from './recorder.ts'
import type { SeriesKey } from './series.ts'
import { standingAssignments } from './standing-assignments.ts'
import type { TelemetryHistory } from './telemetry-history.ts'

export type HistoryBudgets = {
  readonly memoryBytes: number
  readonly diskBytes: number
  /** At which all controllers are watched; null: only what somebody looks at is kept. */
  readonly fleetPeriodMs: number | null
}

export const USUAL_BUDGETS: HistoryBudgets = {
  memoryBytes: 256 * 1024 * 1024,
  diskBytes: 4 * 1024 * 1024 * 1024,
  fleetPeriodMs: 10_000,
}

export type HistoryServiceOptions = {
  /** NVIRT_DATA. */
  readonly data: string
  readonly budgets: HistoryBudgets
  readonly telemetry: Telemetry
  readonly store: Store
  readonly clock: Clock
  readonly onReading: (reading: FunctionReading) => void
  readonly onTrouble: (doing: string, trouble: unknown) => void
}

export type HistoryService = TelemetryHistory & {
  /** Telemetry as it is, but what is watched through it is kept. */
  readonly telemetry: Telemetry
  /** From now on all controllers are watched, and what is pinned. */
  readonly start: () => void
  readonly stop: () => Promise<void>
  /** As it is kept, for the service itself. */
  readonly intervals: History['intervals']
  /** Of others: history itself is no subscriber. Frames since the start. */
  readonly watched: () => { readonly subscribers: number; readonly frames: number }
  readonly held: () => { readonly series: number; readonly queues: number } & {
    readonly memoryBytes: number
    readonly diskBytes: number
  }
}

/** @throws Error when the folder in NVIRT_DATA cannot be used */
export async function openHistory(options: HistoryServiceOptions): Promise<HistoryService> {
  const { budgets, store, clock, onTrouble } = options
  const folder = path.join(options.data, 'history')
  const archive = await Archive.open({
    folder,
    budgetBytes: budgets.diskBytes,
    keepMs: KEEP_MINUTES_MS,
  })
  const pins = await Pins.open(folder)
  const history = new History({
    clock,
    archive,
    memoryBytes: budgets.memoryBytes,
    onTrouble,
  })
  const admission = new QueueAdmission(budgets.memoryBytes)
  const assignments = standingAssignments(store)
  const recorder = new Recorder({
    history,
    admission,
    clock,
    isAssigned: assignments.has,
    onReading: options.onReading,
  })
  const interest = new Interest({ ...options, recorder })
  const watched = { subscribers: 0, frames: 0 }
  const pinned = new Map<string, () => void>()
  const fleet = fleetOf(options, interest)
  const stopSweeping = clock.every(FLUSH_MS, () => recorder.sweep())

  function followPin(functionId: string): void {
    const scope = scopeOf(store, functionId)
    if (!scope || pinned.has(functionId)) return
    const request = { ...scope, periodMs: FINEST_MS }
    pinned.set(functionId, interest.follow(request, true, functionId))
  }

  return {
    telemetry: watchedThrough(options.telemetry, interest, watched),
    watched: () => ({ ...watched }),
    intervals: (key, range) => history.intervals(key, range),
    start: () => {
      fleet?.start()
      for (const id of pins.ids) followPin(id)
    },
    stop: async () => {
      stopSweeping()
      assignments.stop()
      fleet?.stop()
      for (const end of pinned.values()) end()
      interest.stop()
      await history.stop()
    },
    held: () => ({
      series: history.seriesCount,
      queues: admission.queues,
      memoryBytes: history.memoryBytes,
      diskBytes: archive.bytes,
    }),
    range: async (_caller, request) => {
      const key = keyOf(request)
      const range = await history.read(key, rangeOf(request, clock.nowMs()))
      if (range.sources.length === 0) expectKnown(store, key)
      return viewOf(request, range)
    },
    pins: () => pins.ids.map((functionId) => ({ functionId, pinned: true })),
    pin: async (_caller, functionId) => {
      if (!scopeOf(store, functionId)) throw notFound('function', functionId)
      const others = pins.ids.filter((id) => id !== functionId)
      if (others.length >= MOST_PINS) throw tooMany(functionId)
      await pins.set([...others, functionId])
      followPin(functionId)
      return { functionId, pinned: true }
    },
    unpin: async (_caller, functionId) => {
      await pins.set(pins.ids.filter((id) => id !== functionId))
      pinned.get(functionId)?.()
      pinned.delete(functionId)
      return { functionId, pinned: false }
    },
  }
}

function fleetOf({ budgets, store, clock }: HistoryServiceOptions, interest: Interest) {
  const { fleetPeriodMs: periodMs } = budgets
  return periodMs === null
    ? undefined
    : new FleetWatch({ store, clock, interest, periodMs })
}

type Watched = { subscribers: number; frames: number }

function watchedThrough(
  telemetry: Telemetry,
  interest: Interest,
  watched: Watched
): Telemetry {
  return {
    ...telemetry,
    subscribe: async (caller, request, onFrame) => {
      const leave = await telemetry.subscribe(caller, request, (frame) => {
        watched.frames += 1
        onFrame(frame)
      })
      const noLonger = interest.watching(request)
      watched.subscribers += 1
      return once(() => {
        watched.subscribers -= 1
        noLonger()
        return leave()
      })
    },
  }
}

/** Who leaves twice has left once. */
function once(leave: () => Promise<void>): () => Promise<void> {
  let left: Promise<void> | undefined
  return () => (left ??= leave())
}

function scopeOf({ read }: Store, functionId: string) {
  if (read.controller(functionId)) return { controllerIds: [functionId] }
  if (read.virtualFunction(functionId)) return { virtualFunctionIds: [functionId] }
  return undefined
}

function expectKnown(store: Store, { scope, id }: SeriesKey): void {
  const { read } = store
  const known = {
    host: () => read.host(id),
    controller: () => read.controller(id),
    virtualFunction: () => read.virtualFunction(id),
    queue: () => scopeOf(store, id),
  }[scope]()
  if (known === undefined) throw notFound(scope === 'queue' ? 'function' : scope, id)
}

function notFound(resource: string, id: string): ControlPlaneError {
  return new ControlPlaneError('reading telemetry history', {
    kind: 'not-found',
    resource,
    id,
  })
}

function tooMany(id: string): ControlPlaneError {
  return new ControlPlaneError('pinning a function', {
    kind: 'wrong-state',
    resource: 'function',
    id,
    state: 'not-pinned',
    allowedFrom: ['pinned'],
    remedy: `at most ${MOST_PINS} functions are pinned: unpin another one first`,
  })
}
