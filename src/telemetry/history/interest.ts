/**
 * What history watches, and so keeps: all controllers at a low rate, and in detail, at one second, what somebody else
 * watches, until a quarter of an hour after, and what is pinned.
 */
import { SYSTEM } from '../../access/caller.ts'
import type { Clock } from '../../clock.ts'
import { scopeKey } from '../scope.ts'
import type { SubscribeRequest, Telemetry } from '../telemetry.ts'
import { FINEST_MS, KEEP_RECENT_MS } from './history.ts'
import { readingOf } from './intake.ts'
import type { Recorder } from './recorder.ts'

export type InterestOptions = {
  readonly telemetry: Telemetry
  readonly recorder: Recorder
  readonly clock: Clock
  readonly onTrouble: (doing: string, trouble: unknown) => void
}

type Watch = {
  watchers: number
  readonly ended: () => void
  cancelEnd: (() => void) | undefined
}

/** Scopes that nobody watches any more and that are kept for a while; of more the oldest go. */
const MOST_LINGERING = 256

export class Interest {
  readonly #options: InterestOptions
  readonly #watches = new Map<string, Watch>()

  constructor(options: InterestOptions) {
    this.#options = options
  }

  /**
   * Somebody watches that, until the returned function is called, once. What must be armed for some metrics is not armed for
   * the history: while somebody has it armed, it is there to be kept.
   */
  watching({ periodMs, metrics: _metrics, ...scope }: SubscribeRequest): () => void {
    const request = { ...scope, periodMs: Math.max(periodMs, FINEST_MS) }
    const key = `${scopeKey(scope)} ${request.periodMs}`
    const watch = this.#watches.get(key) ?? this.#begin(key, request)
    watch.watchers += 1
    watch.cancelEnd?.()
    watch.cancelEnd = undefined
    return () => {
      watch.watchers -= 1
      if (watch.watchers === 0) this.#endLater(key, watch)
    }
  }

  /** @param only of the scope; absent: all of it. @returns ends it */
  follow(request: SubscribeRequest, inDetail: boolean, only?: string): () => void {
    const { telemetry, recorder, onTrouble } = this.#options
    const state = { ended: false }
    const subscribed = telemetry.subscribe(SYSTEM, request, (frame) => {
      if (state.ended) return
      const reading = readingOf(frame)
      if (only === undefined || reading.id === only) recorder.take(reading, inDetail)
    })
    subscribed.catch((trouble: unknown) => onTrouble('watching for the history', trouble))
    return () => {
      state.ended = true
      void subscribed.then((leave) => leave()).catch(() => {}) // was reported
    }
  }

  stop(): void {
    for (const [key, watch] of this.#watches) this.#end(key, watch)
  }

  #begin(key: string, request: SubscribeRequest): Watch {
    const ended = this.follow(request, true)
    const watch: Watch = { watchers: 0, ended, cancelEnd: undefined }
    this.#watches.set(key, watch)
    return watch
  }

  #endLater(key: string, watch: Watch): void {
    watch.cancelEnd = this.#options.clock.after(KEEP_RECENT_MS, () => this.#end(key, watch))
    // In the order in which they were left.
    this.#watches.delete(key)
    this.#watches.set(key, watch)
    const lingering = [...this.#watches].filter(([, { watchers }]) => watchers === 0)
    for (const [old, one] of lingering.slice(0, -MOST_LINGERING)) this.#end(old, one)
  }

  #end(key: string, watch: Watch): void {
    watch.cancelEnd?.()
    watch.ended()
    this.#watches.delete(key)
  }
}
