/** All hosts, whoever comes: their controllers are kept although nobody looks. */
import type { Clock } from '../../clock.ts'
import type { Store } from '../../store/store.ts'
import type { Interest } from './interest.ts'

/** Hosts come in bursts. */
const SETTLE_MS = 1_000
const PAGE = 1_000

export class FleetWatch {
  readonly #options: { store: Store; clock: Clock; interest: Interest; periodMs: number }
  #watched: readonly string[] = []
  #end: (() => void) | undefined
  #endEvents: (() => void) | undefined
  #cancelLook: (() => void) | undefined

  constructor(options: {
    readonly store: Store
    readonly clock: Clock
    readonly interest: Interest
    readonly periodMs: number
  }) {
    this.#options = options
  }

  start(): void {
    const { store, clock } = this.#options
    this.#endEvents = store.onEvents((events) => {
      if (!events.some(({ type }) => type === 'host.appeared')) return
      this.#cancelLook?.()
      this.#cancelLook = clock.after(SETTLE_MS, () => this.#look())
    })
    this.#look()
  }

  stop(): void {
    this.#endEvents?.()
    this.#cancelLook?.()
    this.#end?.()
  }

  #look(): void {
    const { interest, store, periodMs } = this.#options
    const hostIds = allHosts(store)
    if (hostIds.length === this.#watched.length) return // hosts are never forgotten
    this.#watched = hostIds
    const before = this.#end
    this.#end = interest.follow({ hostIds, periodMs }, false)
    before?.()
  }
}

function allHosts({ read }: Store): readonly string[] {
  const ids: string[] = []
  for (let after: string | null = null; ;) {
    const { items, next }: ReturnType<typeof read.hosts> = read.hosts({
      after,
      limit: PAGE,
    })
    ids.push(...items.map(({ id }) => id))
    if (next === null) return ids
    after = next
  }
}
