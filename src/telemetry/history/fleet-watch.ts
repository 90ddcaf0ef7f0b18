/**
 * All hosts, whoever comes: their controllers are kept although nobody looks. Of a large fleet so many at a time, in turn:
 * what it costs is bounded, and the gaps between are not observed.
 */
import type { Clock } from '../../clock.ts'
import { allHostIds } from '../../store/all-pages.ts'
import type { Store } from '../../store/store.ts'
import type { Interest } from './interest.ts'

/** Reading a thousand emulated hosts every 10 s takes about a tenth of a core, the emulator's own work included. */
export const MOST_AT_ONCE = 500
/** A turn, in periods. */
const PERIODS_OF_TURN = 6
/** Hosts come in bursts. */
const SETTLE_MS = 1_000

export class FleetWatch {
  readonly #options: {
    store: Store
    clock: Clock
    interest: Pick<Interest, 'follow'>
    periodMs: number
  }
  #watched = ''
  #turn = 0
  #end: (() => void) | undefined
  #endEvents: (() => void) | undefined
  #cancelLook: (() => void) | undefined
  #endTurns: (() => void) | undefined

  constructor(options: {
    readonly store: Store
    readonly clock: Clock
    readonly interest: Pick<Interest, 'follow'>
    readonly periodMs: number
  }) {
    this.#options = options
  }

  start(): void {
    const { store, clock, periodMs } = this.#options
    this.#endEvents = store.onEvents((events) => {
      if (!events.some(({ type }) => type === 'host.appeared')) return
      this.#cancelLook ??= clock.after(SETTLE_MS, () => this.#look())
    })
    this.#endTurns = clock.every(PERIODS_OF_TURN * periodMs, () => {
      this.#turn += 1
      this.#look()
    })
    this.#look()
  }

  stop(): void {
    this.#endEvents?.()
    this.#endTurns?.()
    this.#cancelLook?.()
    this.#end?.()
  }

  #look(): void {
    this.#cancelLook = undefined
    const { interest, store, periodMs } = this.#options
    const all = allHostIds(store.read)
    const turns = Math.max(1, Math.ceil(all.length / MOST_AT_ONCE))
    const from = (this.#turn % turns) * MOST_AT_ONCE
    const hostIds = all.slice(from, from + MOST_AT_ONCE)
    const watched = hostIds.join(' ')
    if (watched === this.#watched) return
    this.#watched = watched
    const before = this.#end
    this.#end = interest.follow({ hostIds, periodMs }, false)
    before?.()
  }
}
