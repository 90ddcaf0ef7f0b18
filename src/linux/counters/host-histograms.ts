/**
 * The trace histograms of all functions of a watch together: a file has every controller of the host, so it is read once a
 * tick. Reading takes the kernel's lock of all events, for a millisecond or so; never while they are being armed.
 */
import { LATENCY_BUCKETS, type Untraced } from '../../host/frame.ts'
import type {
  CounterReader,
  HistogramSource,
  TracedController,
} from '../../kernel/counters.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { histogramOf } from '../trace-parts.ts'
import { areSame } from './same.ts'
import type { TraceHold } from './trace-use.ts'

/** Of one function. */
export type Traced =
  /** Filled anew by the next read; each may be NaN. */
  | { readonly commands: Float64Array; readonly latency: Float64Array }
  | { readonly untraced: Untraced }

export class HostHistograms {
  readonly #kernel: Kernel
  readonly #hold: TraceHold
  #reader: CounterReader | undefined
  #controllers: readonly TracedController[] = []

  constructor(kernel: Kernel, hold: TraceHold) {
    this.#kernel = kernel
    this.#hold = hold
  }

  /** One answer for each asked for, in their order. */
  async read(controllers: readonly TracedController[]): Promise<readonly Traced[]> {
    const untraced = this.#hold.untraced()
    if (untraced !== null) return controllers.map(() => ({ untraced }))
    if (!areSame(controllers, this.#controllers)) await this.#open(controllers)
    await this.#reader?.read()
    return tracedOf(controllers, this.#reader?.values ?? new Float64Array(0))
  }

  /** Its files are closed before they go. */
  async close(): Promise<void> {
    await this.#closeReader()
    this.#hold.end()
  }

  async #open(controllers: readonly TracedController[]): Promise<void> {
    await this.#closeReader()
    // Commands first: what ends between the two readings has a latency too many, and not one too few.
    const sources = [
      sourceOf('command-histogram', 1, controllers),
      sourceOf('latency-histogram', LATENCY_BUCKETS, controllers),
    ]
    this.#reader = await this.#kernel.openCounters(sources)
    this.#controllers = controllers
  }

  async #closeReader(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    this.#controllers = []
    await reader?.close()
  }
}

function sourceOf(
  part: 'command-histogram' | 'latency-histogram',
  buckets: number,
  controllers: readonly TracedController[]
): HistogramSource {
  return { kind: 'histogram', ...histogramOf(part), buckets, controllers }
}

function tracedOf(
  controllers: readonly TracedController[],
  values: Float64Array
): readonly Traced[] {
  let end = 0
  const next = (width: number) =>
    controllers.map(({ queues }) => values.subarray(end, (end += queues * width)))
  const [commands, latencies] = [next(1), next(LATENCY_BUCKETS)]
  return commands.map((own, n) => checked(own, latencies[n]!)) // as many of both
}

function checked(commands: Float64Array, latency: Float64Array): Traced {
  const isCounted = commands.length > 0
  if (isCounted && commands.every(Number.isNaN) && latency.every(Number.isNaN))
    return { untraced: 'lost' }
  for (let q = 0; q < commands.length; q++) {
    const row = latency.subarray(q * LATENCY_BUCKETS, (q + 1) * LATENCY_BUCKETS)
    if (misses(commands[q]!, row)) row.fill(NaN) // below its length
  }
  return { commands, latency }
}

/** Tags of a queue: so many commands may have begun before the counting did. */
const MOST_IN_FLIGHT = 4096

/** The kernel drops commands where it has no room to remember their begin, and tells so only in files that are long. */
function misses(commands: number, row: Float64Array): boolean {
  let sum = 0
  for (const count of row) sum += count
  return commands - sum > MOST_IN_FLIGHT
}
