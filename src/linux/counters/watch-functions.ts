/** Ticks for a set of functions. A tick that is still being read when the next is due stands for both. */
import type { WatchDetail } from '../../host/driver.ts'
import type { HostFrame } from '../../host/frame.ts'
import type { TracedController } from '../../kernel/counters.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { bootIdOf } from '../host-facts.ts'
import type { LinuxHost } from '../in-lane.ts'
import { ifReadable } from '../small-files.ts'
import type { Uevents } from '../uevents.ts'
import type { KnownCpus } from './counter-plan.ts'
import { watchFunction, type FunctionWatch, type Reading } from './function-watch.ts'
import { HostHistograms, type Traced } from './host-histograms.ts'
import { HostInterrupts } from './host-interrupts.ts'
import type { TraceUse } from './trace-use.ts'

export type Watching = {
  readonly functions: readonly PciAddress[]
  readonly periodMs: number
  readonly onFrame: (frame: HostFrame) => void
  /** What went wrong with a function: once, until it has a frame again. */
  readonly onTrouble: (trouble: unknown) => void
  readonly detail: WatchDetail
}

type Read =
  | { readonly watch: FunctionWatch; readonly reading: Reading }
  | { readonly watch: FunctionWatch; readonly trouble: unknown }

export type WatchedHost = LinuxHost & {
  readonly emulated: boolean
  readonly uevents: Uevents
  readonly traces: TraceUse
  readonly knownCpus: KnownCpus
}

const NO_INTERRUPTS = new Float64Array(0)

/** Begins with a frame of each function at once. @returns a function that stops it */
export async function watchFunctions(
  host: WatchedHost,
  { functions, periodMs, onFrame, onTrouble, detail }: Watching
): Promise<() => Promise<void>> {
  const bootId = await bootIdOf(host.kernel)
  const interrupts = new HostInterrupts(host.kernel)
  const context = { ...host, interrupts, bootId }
  const watches = functions.map((fn) => watchFunction(context, fn))
  const unlisten = await host.uevents.listen(() => {
    for (const watch of watches) watch.lookAgain()
  })
  const histograms = detail.trace
    ? new HostHistograms(host.kernel, host.traces.begin(onTrouble))
    : undefined
  const troubled = new Set<FunctionWatch>()
  let stopped = false
  let ticking: Promise<void> | undefined

  /** What goes wrong with one function keeps no other from its frame; the next tick tries again. Never rejects. */
  async function tick(): Promise<void> {
    interrupts.beginTick()
    const reads = await Promise.all(watches.map(reading))
    const given = await withHostCounters(reads.filter((read) => read !== undefined))
    if (stopped) return
    for (const give of given) give()
  }

  async function reading(watch: FunctionWatch): Promise<Read | undefined> {
    try {
      // A kernel that refuses (an emulator that went away) has no frame to give.
      const given = await ifReadable(watch.read())
      return given === null ? undefined : { watch, reading: given }
    } catch (trouble) {
      return { watch, trouble }
    }
  }

  async function withHostCounters(
    reads: readonly Read[]
  ): Promise<readonly (() => void)[]> {
    const read = reads.filter((one) => 'reading' in one)
    const told = reads.filter((one) => 'trouble' in one)
    const tellAll = told.map((one) => () => tell(one.watch, one.trouble))
    try {
      const columns = await interrupts.read(read.map((one) => one.reading.interrupts))
      const traced = await tracedOf(read.map((one) => one.reading.traced))
      const frames = read.map((one, n) => () => {
        giveFrame(one.watch, one.reading.frame(columns[n] ?? NO_INTERRUPTS, traced[n]))
      })
      return [...tellAll, ...frames]
    } catch (trouble) {
      return [
        ...tellAll,
        ...read.map(
          ({ watch }) =>
            () =>
              tell(watch, trouble)
        ),
      ]
    }
  }

  /** One for each asked for; null is not. */
  async function tracedOf(
    asked: readonly (TracedController | null)[]
  ): Promise<readonly (Traced | undefined)[]> {
    if (!histograms) return []
    const controllers = asked.filter((one) => one !== null)
    const found = (await histograms.read(controllers)).values()
    return asked.map((one) => (one === null ? undefined : found.next().value))
  }

  function giveFrame(watch: FunctionWatch, frame: HostFrame): void {
    try {
      onFrame(frame)
      troubled.delete(watch)
    } catch (trouble) {
      tell(watch, trouble)
    }
  }

  /** Nobody reads the same trouble ten times a second. */
  function tell(watch: FunctionWatch, trouble: unknown): void {
    if (troubled.has(watch)) return
    troubled.add(watch)
    onTrouble(trouble)
  }

  function begin(): void {
    ticking ??= tick().finally(() => (ticking = undefined))
  }

  const cancel = host.clock.every(periodMs, begin)
  begin()
  return async () => {
    if (stopped) return
    stopped = true
    cancel()
    await Promise.allSettled([ticking])
    await unlisten()
    await Promise.all([interrupts, ...watches].map((one) => one.close()))
    await histograms?.close()
  }
}
