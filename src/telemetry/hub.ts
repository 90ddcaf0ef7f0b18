/**
 * Who watches what. Subscriptions come and go; for each host and period there is one watch of its driver, over the
 * functions that somebody wants, and none when nobody does. What a subscription means is looked up again whenever the
 * inventory changes, so that a VF joins its host's frames as soon as it exists.
 */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Hosts } from '../host/hosts.ts'
import type { Store } from '../store/store.ts'
import { FunctionsInScope } from './functions-in-scope.ts'
import { HostWatch, type Aim } from './host-watch.ts'
import { needsTrace } from './metrics.ts'
import { checkRequest, checkScope, scopeKey } from './scope.ts'
import type { WatchedFunction } from './scope.ts'
import type { FrameColumns, Scope, SubscribeRequest, Telemetry } from './telemetry.ts'

export type TelemetryOptions = {
  readonly hosts: Hosts
  readonly store: Store
  readonly clock: Clock
  /** What went wrong where nobody waits. It is tried again by itself. */
  readonly onTrouble?: (doing: string, trouble: unknown) => void
}

type Subscription = {
  readonly request: SubscribeRequest
  readonly trace: boolean
  readonly onFrame: (frame: FrameColumns) => void
  /** Its last frame made it throw. */
  failing: boolean
}

type Slot = {
  readonly hostId: string
  readonly watch: HostWatch
  wanted: Map<string, Wanted>
}

type Wanted = { readonly fn: WatchedFunction; readonly by: Subscription[] }

/** Hosts that come back make no event that a subscription could wait for. */
const LOOK_AGAIN_MS = 2_000
/** Events come in bursts: one look for all that come in so long. */
const SETTLE_MS = 50

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const hub = new Hub(options)
  return {
    subscribe: (_caller, request, onFrame) => hub.subscribe(request, onFrame),
    list: (_caller, scope) => hub.list(scope),
    stop: () => hub.stop(),
  }
}

class Hub {
  readonly #options: TelemetryOptions
  readonly #subscriptions = new Set<Subscription>()
  readonly #slots = new Map<string, Slot>()
  readonly #functions: FunctionsInScope
  readonly #endEvents: () => void
  #syncing = Promise.resolve()
  /** The one that has not begun. */
  #nextSync: Promise<void> | undefined
  /** Subscriptions or the inventory have changed since the last sync. */
  #isOutdated = false
  #cancelLook: (() => void) | undefined
  #stopLooking: (() => void) | undefined

  constructor(options: TelemetryOptions) {
    this.#options = options
    this.#functions = new FunctionsInScope(options.store.read)
    this.#endEvents = options.store.onEvents((events) => {
      if (this.#functions.changed(events)) this.#lookSoon()
    })
  }

  async subscribe(request: SubscribeRequest, onFrame: Subscription['onFrame']) {
    const { clock, store } = this.#options
    checkRequest(store.read, request)
    const trace = request.metrics?.some(needsTrace) ?? false
    const subscription: Subscription = { request, trace, onFrame, failing: false }
    this.#subscriptions.add(subscription)
    this.#stopLooking ??= clock.every(LOOK_AGAIN_MS, () => void this.#sync(false))
    await this.#sync()
    return async () => {
      if (this.#subscriptions.delete(subscription)) await this.#sync()
    }
  }

  list(scope: Scope): readonly WatchedFunction[] {
    checkScope(this.#options.store.read, scope)
    const functions = [...this.#functions.of(scope).values()]
    if (this.#subscriptions.size === 0) this.#functions.forget()
    return functions.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  async stop(): Promise<void> {
    this.#endEvents()
    this.#subscriptions.clear()
    await this.#sync()
  }

  #lookSoon(): void {
    if (this.#subscriptions.size === 0) return
    this.#cancelLook ??= this.#options.clock.after(SETTLE_MS, () => {
      this.#cancelLook = undefined
      void this.#sync()
    })
  }

  /**
   * Makes the running watches those that are wanted. One run at a time; who asks while one runs shares the next with all
   * others. Never rejects.
   *
   * @param isOutdated what is wanted may have changed; else only hosts may have come and gone
   */
  #sync(isOutdated = true): Promise<void> {
    this.#isOutdated ||= isOutdated
    this.#nextSync ??= this.#syncing = this.#syncing
      .then(() => {
        this.#nextSync = undefined
        return this.#settleAll()
      })
      .catch((trouble: unknown) => this.#report('looking up what is watched', trouble))
    return this.#nextSync
  }

  async #settleAll(): Promise<void> {
    if (this.#isOutdated) this.#want()
    const settling: Promise<void>[] = []
    for (const slot of this.#slots.values()) {
      const aim = this.#aimOf(slot)
      if (slot.watch.isSettled(aim)) continue
      settling.push(this.#settle(slot, aim))
      // A watch begins with a look at all of its functions: of a fleet, one host in each turn of the event loop.
      await setImmediate()
    }
    await Promise.all(settling)
    for (const [key, slot] of this.#slots) {
      if (slot.wanted.size === 0) this.#slots.delete(key)
    }
  }

  #report(doing: string, trouble: unknown): void {
    this.#options.onTrouble?.(doing, trouble)
  }

  #want(): void {
    this.#isOutdated = false
    for (const slot of this.#slots.values()) slot.wanted = new Map()
    const lookUp = this.#scopesLookedUpOnce()
    for (const subscription of this.#subscriptions) {
      const { periodMs } = subscription.request
      for (const fn of lookUp(subscription.request).values()) {
        const { wanted } = this.#slotOf(fn.hostId, periodMs)
        const known = wanted.get(fn.id)
        if (known) known.by.push(subscription)
        else wanted.set(fn.id, { fn, by: [subscription] })
      }
    }
    if (this.#subscriptions.size === 0) this.#rest()
  }

  /** Many viewers have the same scope. */
  #scopesLookedUpOnce() {
    const known = new Map<string, ReadonlyMap<string, WatchedFunction>>()
    return (scope: Scope) => {
      const key = scopeKey(scope)
      const functions = known.get(key) ?? this.#functions.of(scope)
      known.set(key, functions)
      return functions
    }
  }

  #rest(): void {
    this.#cancelLook?.()
    this.#cancelLook = undefined
    this.#stopLooking?.()
    this.#stopLooking = undefined
    this.#functions.forget()
  }

  /** undefined: nobody wants anything of it, or it is away. */
  #aimOf({ hostId, wanted }: Slot): Aim | undefined {
    const host = this.#options.hosts.get(hostId)
    if (host?.reach !== 'reachable' || wanted.size === 0) return undefined
    const all = [...wanted.values()]
    return {
      driver: host.driver,
      functions: all.map(({ fn }) => fn),
      trace: all.some(({ by }) => by.some(({ trace }) => trace)),
    }
  }

  async #settle({ hostId, watch }: Slot, aim: Aim | undefined): Promise<void> {
    try {
      await (aim ? watch.watch(aim) : watch.end())
    } catch (trouble) {
      this.#report(`watching host ${hostId}`, trouble)
    }
  }

  #slotOf(hostId: string, periodMs: number): Slot {
    const key = `${hostId} ${periodMs}`
    const known = this.#slots.get(key)
    if (known) return known
    const watch = new HostWatch(
      periodMs,
      (frame) => this.#deliver(slot, frame),
      (trouble) => this.#report(`reading counters of host ${hostId}`, trouble)
    )
    const slot: Slot = { hostId, watch, wanted: new Map() }
    this.#slots.set(key, slot)
    return slot
  }

  #deliver({ wanted }: Slot, frame: FrameColumns): void {
    const by = wanted.get(frame.fn.id)?.by ?? []
    for (const subscription of by) {
      if (this.#subscriptions.has(subscription)) this.#give(subscription, frame)
    }
  }

  /** A viewer that throws keeps no other from the frame. It is reported once, until it takes one. */
  #give(subscription: Subscription, frame: FrameColumns): void {
    try {
      subscription.onFrame(frame)
      subscription.failing = false
    } catch (trouble) {
      if (!subscription.failing) this.#report('giving a frame to a viewer', trouble)
      subscription.failing = true
    }
  }
}
