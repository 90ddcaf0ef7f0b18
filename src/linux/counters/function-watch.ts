/** The counters of one function over time: a plan and a reader, kept until the function changes. */
import type { Clock } from '../../clock.ts'
import type { HostFrame } from '../../host/frame.ts'
import type { CounterReader, TracedController } from '../../kernel/counters.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import {
  planCounters,
  stillHolds,
  type CounterPlan,
  type PlanContext,
} from './counter-plan.ts'
import { hasVanished, observedOf, type Counted } from './frame-columns.ts'
import type { Traced } from './host-histograms.ts'
import type { InterruptNames } from './host-interrupts.ts'
import { movement } from './posted-interrupts.ts'

/** Between looks while no uevent came: at what none would tell, which takes three small reads. */
const LOOK_AGAIN_MS = 1000
/** Between those at driver and disks too, some ten small reads. */
const PLAN_AGAIN_MS = 30_000

export type FunctionWatch = {
  /** Looks, where it is time to, and reads all but the interrupts. */
  readonly read: () => Promise<Reading>
  /** Something has changed: look before the next frame. */
  readonly lookAgain: () => void
  readonly close: () => Promise<void>
}

/** Half of a frame. */
export type Reading = {
  readonly interrupts: InterruptNames
  /** null: it has no controller that could be traced. */
  readonly traced: TracedController | null
  /** The next frame. @param interrupts read just now, under those names, as is what was `traced` */
  readonly frame: (interrupts: Float64Array, traced: Traced | undefined) => HostFrame
}

type Watched = {
  readonly plan: CounterPlan
  readonly reader: CounterReader
  readonly haveMoved: ReturnType<typeof movement>
  /** All of it has been read once. */
  complete: boolean
}

export type WatchContext = PlanContext & {
  readonly clock: Clock
  readonly emulated: boolean
}

export function watchFunction(host: WatchContext, fn: PciAddress): FunctionWatch {
  const { kernel, clock, emulated, bootId } = host
  let watched: Watched | undefined
  let lookAtMs = 0
  let planAtMs = 0
  let sequence = 0
  let returns = 0

  /** Something that changes meanwhile asks for another look, as a look that fails does. */
  async function looked(before: CounterPlan | undefined): Promise<CounterPlan> {
    const lookedAtMs = clock.monotonicMs()
    lookAtMs = lookedAtMs + LOOK_AGAIN_MS
    const isToPlan = lookedAtMs >= planAtMs
    if (isToPlan) planAtMs = lookedAtMs + PLAN_AGAIN_MS
    try {
      if (before && !isToPlan && (await stillHolds(host, before))) return before
      return await planCounters(host, fn, before)
    } catch (cause) {
      lookAtMs = lookedAtMs
      throw cause
    }
  }

  async function current(): Promise<Watched> {
    if (watched && clock.monotonicMs() < lookAtMs) return watched
    return planned(watched?.plan)
  }

  async function planned(before: CounterPlan | undefined): Promise<Watched> {
    const plan = await looked(before)
    if (watched?.plan === plan) return watched
    const former = watched
    const reader = await kernel.openCounters(plan.sources)
    watched = { plan, reader, haveMoved: movement(), complete: false }
    await former?.reader.close()
    return watched
  }

  async function counted(): Promise<Watched> {
    const before = await current()
    await before.reader.read()
    if (!hasVanished(before.plan, before.reader.values)) return completed(before)
    // What was there and is not there is looked for by its name, under which there may be something else by now.
    if (before.complete) returns += 1
    const now = await planned(before.complete ? undefined : before.plan)
    if (now !== before) await now.reader.read()
    return now
  }

  function completed(counting: Watched): Watched {
    counting.complete = true
    return counting
  }

  function frameOf(
    { plan, reader, haveMoved }: Watched,
    interrupts: Float64Array,
    traced: Traced | undefined
  ): HostFrame {
    sequence += 1
    const counted: Counted = {
      plan,
      values: reader.values,
      interrupts,
      haveMoved: haveMoved(interrupts),
      traced,
      returns,
    }
    return {
      bootId,
      fn,
      sourceClockMs: clock.monotonicMs(),
      wallClockMs: clock.nowMs(),
      sequence,
      observed: observedOf(counted, emulated),
    }
  }

  async function read(): Promise<Reading> {
    const counting = await counted()
    return {
      interrupts: counting.plan.interrupts,
      traced: counting.plan.observed ? counting.plan.traced : null,
      frame: (interrupts, traced) => frameOf(counting, interrupts, traced),
    }
  }

  return {
    read,
    lookAgain: () => (lookAtMs = planAtMs = 0),
    close: async () => watched?.reader.close(),
  }
}
