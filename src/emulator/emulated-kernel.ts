/** The kernel seam over an emulated Linux. */
import type { Clock } from '../clock.ts'
import type { KernelAnswer, KernelCall } from '../kernel/call.ts'
import type { CounterReader, CounterSource } from '../kernel/counters.ts'
import type { Kernel, Lane, LaneKey, Uevent } from '../kernel/kernel.ts'
import { neverBlocks } from '../kernel/never-blocks.ts'
import { queueLane } from '../kernel/queue-lane.ts'
import type { CallRunner } from './call-runner.ts'
import type { Host } from './host-in-boots.ts'
import { openCounters } from './load/counters.ts'
import { pathOf } from './system-calls.ts'

export function emulatedKernel(
  host: Host,
  run: CallRunner,
  listeners: Set<(uevent: Uevent) => void>,
  clock: Clock
): Kernel {
  const lanes = new Map<LaneKey, Lane>()
  // The runner answers each kind of call with that kind's answer; TypeScript cannot follow the union through it.
  const execute = <C extends KernelCall>(call: C) =>
    run(call) as KernelAnswer<C> | Promise<KernelAnswer<C>>

  return {
    call: async (call) => {
      if (!neverBlocks(call))
        throw new Error(`${call.call} ${pathOf(call)} may block: it belongs in a lane`)
      return execute(call)
    },
    lane: (key) => {
      const lane = lanes.get(key) ?? queueLane(key, laneExecutor(execute), clock)
      lanes.set(key, lane)
      return lane
    },
    openCounters: async (sources) => countersOf(host, sources),
    watchUevents: async (onUevent) => {
      const listener = (uevent: Uevent) => onUevent(uevent)
      listeners.add(listener)
      return async () => void listeners.delete(listener)
    },
    close: async () => listeners.clear(),
  }
}

/** What was opened in one boot counts nothing in the next. */
function countersOf(host: Host, sources: readonly CounterSource[]): CounterReader {
  const linux = host.linux()
  const reader = openCounters(linux, sources)
  return {
    ...reader,
    read: async () => {
      if (host.running()?.linux === linux) await reader.read()
      else reader.values.fill(NaN)
    },
  }
}

type Execute = <C extends KernelCall>(call: C) => KernelAnswer<C> | Promise<KernelAnswer<C>>

/** Lanes of an emulated kernel in this process live and die with it: nothing is inherited. */
function laneExecutor(execute: Execute) {
  const made = async <C extends KernelCall>(call: C) => execute(call)
  return { execute: made, inherited: async () => undefined, pid: () => undefined }
}
