/**
 * A disk's counters: the same numbers fill a telemetry column and are printed as /sys/block/DISK/stat. A multipath head
 * counts nothing before 6.3, so the emulated one never does; its paths do. Source: Linux Documentation/block/stat.rst.
 */
import { BLOCK_STAT, BLOCK_STAT_LENGTH } from '../../kernel/counters.ts'
import type { EmulatedLinux } from '../linux.ts'
import type { Disk } from '../nvme-driver/host-controller.ts'
import { READ_SECTORS, READ_SHARE, WRITE_SECTORS } from './load-meter.ts'

/** Fills `BLOCK_STAT_LENGTH` numbers from `at` on. @param now ms of uptime */
export function fillBlockStat(
  { controller, head }: Disk,
  now: number,
  out: Float64Array,
  at: number
): void {
  out.fill(0, at, at + BLOCK_STAT_LENGTH)
  if (!controller) return
  const { meter } = controller
  const { reads, writes, latencyMs } = meter.served(head.namespace, now)
  const readTicks = Math.floor(latencyMs * READ_SHARE)
  const writeTicks = Math.floor(latencyMs * (1 - READ_SHARE))
  out[at + BLOCK_STAT.readIos] = reads
  out[at + BLOCK_STAT.readSectors] = reads * READ_SECTORS
  out[at + BLOCK_STAT.readTicks] = readTicks
  out[at + BLOCK_STAT.writeIos] = writes
  out[at + BLOCK_STAT.writeSectors] = writes * WRITE_SECTORS
  out[at + BLOCK_STAT.writeTicks] = writeTicks
  out[at + BLOCK_STAT.inFlight] = meter.inFlightOf(head.namespace, now)
  const busiest = Math.floor(meter.activeMs(now))
  out[at + BLOCK_STAT.ioTicks] = Math.min(busiest, readTicks + writeTicks)
  out[at + BLOCK_STAT.timeInQueue] = readTicks + writeTicks
}

/** Discards and flushes, which this load does not have. */
const FURTHER_COLUMNS = 6

export function blockStatText(linux: EmulatedLinux, disk: Disk): string {
  const numbers = new Float64Array(BLOCK_STAT_LENGTH + FURTHER_COLUMNS)
  fillBlockStat(disk, linux.uptimeMs(), numbers, 0)
  return `${Array.from(numbers, (n) => String(n).padStart(8)).join(' ')}\n`
}

/** Reads and writes in flight, split as the load splits them. */
export function inFlightOf(linux: EmulatedLinux, { controller, head }: Disk) {
  const total = controller?.meter.inFlightOf(head.namespace, linux.uptimeMs()) ?? 0
  const reads = Math.ceil(total * READ_SHARE)
  return { reads, writes: total - reads }
}
