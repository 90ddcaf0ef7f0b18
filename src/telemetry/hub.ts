/**
 * Who watches what. Subscriptions come and go; for each host and period there is one watch of its driver, over the
 * functions that somebody wants, and none when nobody does. What a subscription means is looked up again whenever the
 * inventory changes, so that a VF joins its host's frames as soon as it exists.
 */
import type { Clock } from '../clock.ts'
import type { Hosts } from '../host/hosts.ts'
import type { Store, StoreReader } from '../store/store.ts'
import { HostWatch } from './host-watch.ts'
import { checkRequest, functionsInScope } from './scope.ts'
import type { WatchedFunction } from './scope.ts'
import type { SubscribeRequest, Telemetry, TelemetryFrame } from './telemetry.ts'

export type TelemetryOptions = {
  readonly hosts: Hosts
  readonly store: Store
  readonly clock: Clock
  /** What went wrong where nobody waits. It is tried again by itself. */
  readonly onTrouble?: (doing: string, trouble: unknown) => void
}

type Subscription = {
  readonly request: SubscribeRequest
  readonly onFrame: (frame: TelemetryFrame) => void
  functions: ReadonlyMap<string, WatchedFunction>
  /** Its last frame made it throw. */
  failing: boolean
}

type Slot = {
  readonly hostId: string
  readonly watch: HostWatch
  wanted: Map<string, WatchedFunction>
}

/** Hosts that come back make no event that a subscription could wait for. */
const LOOK_AGAIN_MS = 2_000
/** Events come in bursts: one look per burst. */
const SETTLE_MS = 50

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const hub = new Hub(options)
  return {
    subscribe: (_caller, request, onFrame) => hub.subscribe(request, onFrame),
    stop: () => hub.stop(),
  }
}

class Hub {
  readonly #options: TelemetryOptions
  readonly #subscriptions = new Set<Subscription>()
  readonly #slots = new Map<string, Slot>()
  readonly #endEvents: () => void
  #syncing = Promise.resolve()
  #cancelLook: (() => void) | undefined
  #stopLooking: (() => void) | undefined

  constructor(options: TelemetryOptions) {
    this.#options = options
    this.#endEvents = options.store.onEvents(() => this.#lookSoon())
  }

  async subscribe(request: SubscribeRequest, onFrame: Subscription['onFrame']) {
    const { clock, store } = this.#options
    checkRequest(store.read, request)
    const functions = new Map<string, WatchedFunction>()
    const subscription: Subscription = { request, onFrame, functions, failing: false }
    this.#subscriptions.add(subscription)
    this.#stopLooking ??= clock.every(LOOK_AGAIN_MS, () => void this.#sync())
    await this.#sync()
    return async () => {
      this.#subscriptions.delete(subscription)
      await this.#sync()
    }
  }

  async stop(): Promise<void> {
    this.#endEvents()
    this.#subscriptions.clear()
    await this.#sync()
  }

  #lookSoon(): void {
    if (this.#subscriptions.size === 0) return
    this.#cancelLook?.()
    this.#cancelLook = this.#options.clock.after(SETTLE_MS, () => void this.#sync())
  }

  /** Makes the running watches those that are wanted. One run at a time, in order; never rejects. */
  #sync(): Promise<void> {
    this.#syncing = this.#syncing
      .then(() => this.#settleAll())
      .catch((trouble: unknown) => this.#report('looking up what is watched', trouble))
    return this.#syncing
  }

  async #settleAll(): Promise<void> {
    this.#want()
    await Promise.all([...this.#slots.values()].map((slot) => this.#settle(slot)))
    for (const [key, slot] of this.#slots) {
      if (slot.wanted.size === 0) this.#slots.delete(key)
    }
  }

  #report(doing: string, trouble: unknown): void {
    this.#options.onTrouble?.(doing, trouble)
  }

  #want(): void {
    for (const slot of this.#slots.values()) slot.wanted = new Map()
    const lookUp = scopesLookedUpOnce(this.#options.store.read)
    for (const subscription of this.#subscriptions) {
      const { request } = subscription
      subscription.functions = lookUp(request)
      for (const fn of subscription.functions.values()) {
        this.#slotOf(fn.hostId, request.periodMs).wanted.set(fn.id, fn)
      }
    }
    if (this.#subscriptions.size === 0) this.#rest()
  }

  #rest(): void {
    this.#cancelLook?.()
    this.#stopLooking?.()
    this.#stopLooking = undefined
  }

  async #settle(slot: Slot): Promise<void> {
    const host = this.#options.hosts.get(slot.hostId)
    try {
      if (host?.reach === 'reachable' && slot.wanted.size > 0) {
        await slot.watch.watch(host.driver, [...slot.wanted.values()])
      } else {
        await slot.watch.end()
      }
    } catch (trouble) {
      this.#report(`watching host ${slot.hostId}`, trouble)
    }
  }

  #slotOf(hostId: string, periodMs: number): Slot {
    const key = `${hostId} ${periodMs}`
    const known = this.#slots.get(key)
    if (known) return known
    const watch = new HostWatch(
      periodMs,
      (frame) => this.#deliver(frame),
      (trouble) => this.#report(`reading counters of host ${hostId}`, trouble)
    )
    const slot: Slot = { hostId, watch, wanted: new Map() }
    this.#slots.set(key, slot)
    return slot
  }

  #deliver(frame: TelemetryFrame): void {
    for (const subscription of this.#subscriptions) {
      const { request, functions } = subscription
      const wanted = request.periodMs === frame.periodMs && functions.has(frame.functionId)
      if (wanted) this.#give(subscription, frame)
    }
  }

  /** A viewer that throws keeps no other from the frame. It is reported once, until it takes one. */
  #give(subscription: Subscription, frame: TelemetryFrame): void {
    try {
      subscription.onFrame(frame)
      subscription.failing = false
    } catch (trouble) {
      if (!subscription.failing) this.#report('giving a frame to a viewer', trouble)
      subscription.failing = true
    }
  }
}

/** Many viewers have the same scope: each is read from the store once. */
function scopesLookedUpOnce(read: StoreReader) {
  const known = new Map<string, ReadonlyMap<string, WatchedFunction>>()
  return (request: SubscribeRequest) => {
    const { hostIds, controllerIds, virtualFunctionIds } = request
    const scope = JSON.stringify([hostIds, controllerIds, virtualFunctionIds])
    const functions = known.get(scope) ?? functionsInScope(read, request)
    known.set(scope, functions)
    return functions
  }
}
