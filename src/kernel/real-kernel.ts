/**
 * This machine's Linux. What never blocks is asked directly, on the event loop; everything else by a lane's process.
 */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { DescriptorHolder, KernelAnswer, KernelCall } from './call.ts'
import { openCounterFiles } from './counter-files.ts'
import { findHolders, pathsOf } from './descriptor-holders.ts'
import type { Kernel, Lane, LaneKey } from './kernel.ts'
import { neverBlocks } from './never-blocks.ts'
import { processLane } from './process-lane.ts'
import type { ProcessLane } from './process-lane.ts'
import { queueLane } from './queue-lane.ts'
import { subjectOf, systemCall } from './system-call.ts'
import { kernelUevents } from './uevents.ts'

export type RealKernelOptions = {
  readonly clock: Clock
  /** Locks and call records of the lanes. It must outlive the service, so that a restarted one finds them. */
  readonly laneFolder: string
  /** Arguments for the Node of the lanes, before the script. */
  readonly nodeArguments?: readonly string[]
}

/** Little memory and few threads: a lane does one thing at a time, and there is one for each primary. */
const LANE_NODE_ARGUMENTS = ['--v8-pool-size=0', '--max-semi-space-size=1']

export function realKernel(options: RealKernelOptions): Kernel {
  const { clock, laneFolder, nodeArguments = LANE_NODE_ARGUMENTS } = options
  const lanes = new Map<LaneKey, { readonly lane: Lane; readonly process: ProcessLane }>()
  const uevents = kernelUevents()

  function lane(key: LaneKey): Lane {
    const known = lanes.get(key)
    if (known) return known.lane
    const process = processLane(key, { clock, laneFolder, nodeArguments })
    const made = queueLane(key, process, clock)
    lanes.set(key, { lane: made, process })
    return made
  }

  async function close(): Promise<void> {
    uevents.close()
    await Promise.all([...lanes.values()].map(({ process }) => process.close()))
  }

  return {
    call: directCall,
    lane,
    openCounters: (sources) => Promise.resolve(openCounterFiles(sources)),
    watchUevents: async (onUevent) => {
      const stop = uevents.watch(onUevent)
      return async () => stop()
    },
    close,
  }
}

async function directCall<C extends KernelCall>(call: C): Promise<KernelAnswer<C>> {
  if (!neverBlocks(call))
    throw new Error(`${call.call} ${subjectOf(call)} belongs in a lane`)
  if (call.call === 'holders') {
    return (await holdersInTurns(pathsOf(call))) as KernelAnswer<C>
  }
  return systemCall(call)
}

/** A machine may have thousands of processes: others get their turn between them. */
async function holdersInTurns(
  paths: readonly string[]
): Promise<readonly DescriptorHolder[]> {
  const search = findHolders(paths)
  for (;;) {
    const step = search.next()
    if (step.done) return step.value
    await setImmediate()
  }
}
