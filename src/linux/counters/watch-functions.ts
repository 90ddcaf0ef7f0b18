/** Ticks for a set of functions. A tick that is still being read when the next is due stands for both. */
import type { WatchDetail } from '../../host/driver.ts'
import type { HostFrame } from '../../host/frame.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { bootIdOf } from '../host-facts.ts'
import type { LinuxHost } from '../in-lane.ts'
import type { Uevents } from '../uevents.ts'
import type { KnownCpus } from './counter-plan.ts'
import { watchFunction, type Counts, type FunctionWatch } from './function-watch.ts'
import { HostHistograms } from './host-histograms.ts'
import { HostInterrupts } from './host-interrupts.ts'
import { HostReading } from './host-reading.ts'
import type { TraceUse } from './trace-use.ts'

export type Watching = {
  readonly functions: readonly PciAddress[]
  readonly periodMs: number
  readonly onFrame: (frame: HostFrame) => void
  /** What went wrong with a function: once, until it has a frame again. */
  readonly onTrouble: (trouble: unknown) => void
  readonly detail: WatchDetail
}

export type WatchedHost = LinuxHost & {
  readonly emulated: boolean
  readonly uevents: Uevents
  readonly traces: TraceUse
  readonly knownCpus: KnownCpus
}

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
  const reading = new HostReading(host.kernel, interrupts, histograms)
  const troubled = new Set<FunctionWatch>()
  let stopped = false
  let ticking: Promise<void> | undefined

  /** The next tick tries again what goes wrong. Never rejects. */
  async function tick(): Promise<void> {
    const outcomes = await reading.read(watches)
    if (stopped) return
    for (const outcome of outcomes) {
      if ('trouble' in outcome) tell(outcome.watch, outcome.trouble)
      else giveFrame(outcome.watch, outcome.counts)
    }
  }

  function giveFrame(watch: FunctionWatch, counts: Counts): void {
    try {
      onFrame(watch.frame(counts))
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
    await reading.close()
  }
}
