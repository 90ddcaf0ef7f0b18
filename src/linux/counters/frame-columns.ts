/** A counter reader's numbers as the columns of a frame. Nothing is computed but sums over namespaces. */
import { BLOCK_STAT, BLOCK_STAT_LENGTH } from '../../kernel/counters.ts'
import type {
  DeviceColumns,
  FrameObserved,
  FrameSource,
  QueueColumns,
} from '../../host/frame.ts'
import type { CounterPlan } from './counter-plan.ts'
import type { Traced } from './host-histograms.ts'

const SECTOR_BYTES = 512

/** A function's counters as they were just read. */
export type Counted = {
  readonly plan: CounterPlan
  /** Of a reader of the plan's sources. */
  readonly values: Float64Array
  /** Of each queue. */
  readonly interrupts: Float64Array
  /** Any of them, since they are read. */
  readonly haveMoved: boolean
  /** undefined: nobody asked for it. */
  readonly traced: Traced | undefined
  /** How often something that was counted has gone and come back under its name. */
  readonly returns: number
}

export function observedOf(
  { plan, values, interrupts, haveMoved, traced, returns }: Counted,
  emulated: boolean
): FrameObserved {
  if (!plan.observed) {
    const isUncounted = plan.mayPost && !haveMoved
    const counted = isUncounted ? interrupts.map(() => NaN) : interrupts
    const queues = queueColumns(plan, undefined, counted, undefined)
    return {
      observed: false,
      why: plan.why,
      ...(plan.qids.length > 0 && { queues }),
      ...(isUncounted && { interrupts: UNCOUNTED }),
    }
  }
  const stats = plan.disks.length * BLOCK_STAT_LENGTH
  const depths = plan.disks.length > 0 ? plan.qids.length : 0
  const queues = queueColumns(
    plan,
    depths > 0 ? values.subarray(stats, stats + depths) : undefined,
    interrupts,
    traced
  )
  return {
    observed: true,
    life: `${plan.life} ${returns}`,
    sources: sourcesOf(plan.disks.length, queues, emulated),
    queues,
    device: deviceColumns(values.subarray(0, stats)),
    ...(traced && 'untraced' in traced && traced),
  }
}

const UNCOUNTED = { observed: false, why: 'posted-interrupts-possible' } as const

/** Of a plan, for all of its frames: ids, and a column of what is not observed. Never written to. */
const lasting = new WeakMap<CounterPlan, { qid: Float64Array; unobserved: Float64Array }>()

function lastingOf(plan: CounterPlan) {
  const known = lasting.get(plan)
  if (known) return known
  const qid = Float64Array.from(plan.qids)
  const made = { qid, unobserved: new Float64Array(qid.length).fill(NaN) }
  lasting.set(plan, made)
  return made
}

/** Copies: the reader fills its numbers anew with the next tick. */
function queueColumns(
  plan: CounterPlan,
  inFlight: Float64Array | undefined,
  interrupts: Float64Array,
  traced: Traced | undefined
): QueueColumns {
  const counted = traced && 'commands' in traced ? traced : undefined
  const { qid, unobserved } = lastingOf(plan)
  return {
    qid,
    inFlight: inFlight?.slice() ?? unobserved,
    interrupts: interrupts.slice(0, qid.length),
    commands: counted?.commands.slice() ?? unobserved,
    latency: counted?.latency.slice() ?? NOTHING,
    cpus: plan.cpus,
  }
}

const NOTHING = new Float64Array(0)

function sourcesOf(
  disks: number,
  { inFlight, commands, latency, interrupts }: QueueColumns,
  emulated: boolean
): readonly FrameSource[] {
  const seen = (column: Float64Array) => column.some((value) => !Number.isNaN(value))
  return [
    ...(disks > 0 ? (['block-layer'] as const) : []),
    ...(seen(inFlight) ? (['blk-mq-debugfs'] as const) : []),
    ...(seen(commands) || seen(latency) ? (['trace-histograms'] as const) : []),
    ...(seen(interrupts) ? (['interrupts'] as const) : []),
    ...(emulated ? (['emulator'] as const) : []),
  ]
}

/** A controller without namespaces has done no block I/O: zero. */
function deviceColumns(stats: Float64Array): DeviceColumns {
  const sum = (field: keyof typeof BLOCK_STAT) => {
    let total = 0
    for (let at = BLOCK_STAT[field]; at < stats.length; at += BLOCK_STAT_LENGTH) {
      total += stats[at] ?? NaN
    }
    return total
  }
  return {
    readIos: sum('readIos'),
    readBytes: sum('readSectors') * SECTOR_BYTES,
    readTicksMs: sum('readTicks'),
    writeIos: sum('writeIos'),
    writeBytes: sum('writeSectors') * SECTOR_BYTES,
    writeTicksMs: sum('writeTicks'),
    inFlight: sum('inFlight'),
  }
}

/** Whether something that the plan counts has vanished. */
export function hasVanished(plan: CounterPlan, values: Float64Array): boolean {
  if (!plan.observed) return false
  const stats = plan.disks.length * BLOCK_STAT_LENGTH
  // Of each function in each tick: a loop, since a view of the numbers costs more than they do.
  for (let n = 0; n < stats; n++) if (Number.isNaN(values[n])) return true
  return false
}
