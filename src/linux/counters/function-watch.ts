/** The counters of one function over time: a plan, kept until the function changes, and frames of what was read for it. */
import type { Clock } from '../../clock.ts'
import type { HostFrame } from '../../host/frame.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import {
  planCounters,
  stillHolds,
  type CounterPlan,
  type PlanContext,
} from './counter-plan.ts'
import { hasVanished, observedOf, type Counted } from './frame-columns.ts'
import type { Traced } from './host-histograms.ts'
import { movement } from './posted-interrupts.ts'

/** Between looks while no uevent came: at what none would tell, which takes three small reads. */
const LOOK_AGAIN_MS = 1000
/** Between those at driver and disks too, some ten small reads. */
const PLAN_AGAIN_MS = 30_000

export type FunctionWatch = {
  /** What is to be read of it. Looks at driver and disks where it is time to. */
  readonly plan: () => Promise<CounterPlan>
  /** What of the plan had vanished is looked for by its name, under which there may be something else by now. */
  readonly planAnew: () => Promise<CounterPlan>
  /** @param values of the plan's sources, read just now. @returns false: something has vanished */
  readonly accepts: (values: Float64Array) => boolean
  /** Of the plan, whether or not something has vanished. */
  readonly frame: (counts: Counts) => HostFrame
  /** Something has changed: look before the next frame. */
  readonly lookAgain: () => void
}

/** Just now. */
export type Counts = {
  /** Of the plan's sources. */
  readonly values: Float64Array
  /** Of the plan's interrupts. */
  readonly interrupts: Float64Array
  /** undefined: nobody asked for it, or it has no controller that could be traced. */
  readonly traced: Traced | undefined
}

type Watched = {
  readonly plan: CounterPlan
  readonly haveMoved: ReturnType<typeof movement>
  /** All of it has been read once. */
  complete: boolean
}

export type WatchContext = PlanContext & {
  readonly clock: Clock
  readonly emulated: boolean
}

export function watchFunction(host: WatchContext, fn: PciAddress): FunctionWatch {
  const { clock, emulated, bootId } = host
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

  async function planned(before: CounterPlan | undefined): Promise<CounterPlan> {
    const plan = await looked(before)
    if (watched?.plan !== plan) watched = { plan, haveMoved: movement(), complete: false }
    return plan
  }

  async function planAnew(): Promise<CounterPlan> {
    if (!watched?.complete) return planned(watched?.plan)
    returns += 1
    return planned(undefined)
  }

  function accepts(values: Float64Array): boolean {
    if (!watched || hasVanished(watched.plan, values)) return false
    watched.complete = true
    return true
  }

  function frame({ values, interrupts, traced }: Counts): HostFrame {
    if (!watched) throw new Error('a frame is of a plan')
    const { plan, haveMoved } = watched
    sequence += 1
    const counted: Counted = {
      plan,
      values,
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

  return {
    plan: async () =>
      watched && clock.monotonicMs() < lookAtMs ? watched.plan : planned(watched?.plan),
    planAnew,
    accepts,
    frame,
    lookAgain: () => (lookAtMs = planAtMs = 0),
  }
}
