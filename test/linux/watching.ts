/** A watch of the captured machine, and what it gave. */
import type { WatchDetail } from '../../src/host/driver.ts'
import type { HostFrame } from '../../src/host/frame.ts'
import type { CapturedHost } from './captured-host.ts'

export const PERIOD_MS = 500

export async function watching(
  world: CapturedHost,
  functions: Parameters<CapturedHost['host']['watch']>[0],
  detail?: WatchDetail
) {
  const frames: HostFrame[] = []
  const troubles: unknown[] = []
  const stop = await world.host.watch(
    functions,
    PERIOD_MS,
    (frame) => frames.push(frame),
    (trouble) => troubles.push(trouble),
    detail
  )
  await world.clock.advance(0)
  return { frames, troubles, stop, last: () => frames.at(-1) }
}

export const STAT = [10, 0, 80, 7, 20, 0, 160, 9, 3, 8, 7]

export function countersOfPrimary({ machine }: CapturedHost): void {
  machine.counters.set('/sys/block/nvme0c0n1/stat', STAT)
  machine.counters.set('/sys/kernel/debug/block/nvme0c0n1/hctx0/tags', [4])
  machine.counters.set('/sys/kernel/debug/block/nvme0c0n1/hctx1/tags', [0])
  machine.counters.set('nvme0q1', [100])
  machine.counters.set('nvme0q2', [7])
}
