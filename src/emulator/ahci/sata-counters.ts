/** A SATA disk's figures: the same numbers fill a telemetry column and are printed. Source: Linux Documentation/block/stat.rst. */
import { BLOCK_STAT, BLOCK_STAT_LENGTH } from '../../kernel/counters.ts'
import type { EmulatedLinux } from '../linux.ts'
import { ahciControllerOf, sataDiskNamed } from './ahci-controller.ts'
import type { AhciController, SataDisk } from './ahci-controller.ts'
import {
  inFlightAt,
  READ_BYTES,
  READ_SHARE,
  servedUntil,
  WRITE_BYTES,
} from './disk-load.ts'

const SECTOR = 512

/** @param now ms of uptime */
type Fill = (now: number, out: Float64Array, at: number) => void

/** `BLOCK_STAT_LENGTH` numbers, NaN once the disk has gone. undefined: it is no SATA disk's file. */
export function sataStatFill(linux: EmulatedLinux, path: string): Fill | undefined {
  if (linux.ahci.size === 0) return undefined
  const name = /\/([^/]+)\/stat$/.exec(path)?.[1] ?? ''
  const disk = sataDiskNamed(linux, name)
  if (!disk) return undefined
  return (now, out, at) => {
    if (sataDiskNamed(linux, name) === disk) fillSataStat(disk, now, out, at)
    else out.fill(NaN, at, at + BLOCK_STAT_LENGTH)
  }
}

export function sataTagsFill(linux: EmulatedLinux, path: string): Fill | undefined {
  if (linux.ahci.size === 0) return undefined
  const name = /\/([^/]+)\/hctx0\/tags$/.exec(path)?.[1] ?? ''
  const disk = sataDiskNamed(linux, name)
  if (!disk) return undefined
  return (now, out, at) => {
    out[at] = sataDiskNamed(linux, name) === disk ? inFlightAt(disk.load, now) : NaN
  }
}

function fillSataStat(
  { load }: SataDisk,
  now: number,
  out: Float64Array,
  at: number
): void {
  const { reads, writes } = servedUntil(load, now)
  const readTicks = Math.floor(reads * load.latencyMs)
  const writeTicks = Math.floor(writes * load.latencyMs)
  out.fill(0, at, at + BLOCK_STAT_LENGTH)
  out[at + BLOCK_STAT.readIos] = reads
  out[at + BLOCK_STAT.readSectors] = (reads * READ_BYTES) / SECTOR
  out[at + BLOCK_STAT.readTicks] = readTicks
  out[at + BLOCK_STAT.writeIos] = writes
  out[at + BLOCK_STAT.writeSectors] = (writes * WRITE_BYTES) / SECTOR
  out[at + BLOCK_STAT.writeTicks] = writeTicks
  out[at + BLOCK_STAT.inFlight] = inFlightAt(load, now)
  out[at + BLOCK_STAT.ioTicks] = Math.min(Math.floor(now), readTicks + writeTicks)
  out[at + BLOCK_STAT.timeInQueue] = readTicks + writeTicks
}

/** Discards and flushes, which this load does not have. */
const FURTHER_COLUMNS = 6

export function sataStatText(linux: EmulatedLinux, disk: SataDisk): string {
  const numbers = new Float64Array(BLOCK_STAT_LENGTH + FURTHER_COLUMNS)
  fillSataStat(disk, linux.uptimeMs(), numbers, 0)
  return `${Array.from(numbers, (n) => String(n).padStart(8)).join(' ')}\n`
}

export function sataInFlight(linux: EmulatedLinux, { load }: SataDisk): number {
  return inFlightAt(load, linux.uptimeMs())
}

/** As `inflight` prints them, split as the load splits them. */
export function sataInFlightText(linux: EmulatedLinux, disk: SataDisk): string {
  const total = sataInFlight(linux, disk)
  const reads = Math.ceil(total * READ_SHARE)
  return [reads, total - reads].map((one) => String(one).padStart(8)).join(' ')
}

/** Completions of all disks: an interrupt each, since nothing here coalesces. */
export function ahciInterrupts({ ports }: AhciController, now: number): number {
  return ports.reduce((sum, { disk }) => {
    const { reads, writes } = disk ? servedUntil(disk.load, now) : { reads: 0, writes: 0 }
    return sum + reads + writes
  }, 0)
}

/** Source: Linux drivers/ata/libata-core.c, ata_host_activate. */
export function ahciInterruptName({ address }: AhciController): string {
  return `ahci[${address}]`
}

/** undefined: it is no name of an AHCI controller's interrupt. */
export function ahciInterruptCount(
  linux: EmulatedLinux,
  name: string
): ((now: number) => number) | undefined {
  const address = /^ahci\[(.+)\]$/.exec(name)?.[1]
  if (address === undefined) return undefined
  return (now) => {
    const controller = ahciControllerOf(linux, address)
    return controller ? ahciInterrupts(controller, now) : NaN
  }
}
