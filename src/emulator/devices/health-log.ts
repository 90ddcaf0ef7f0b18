/** SMART / Health Information log (02h). Source: QEMU hw/nvme/ctrl.c, nvme_smart_info; NVMe Base 2.1, of that title. */
import { overTemperatureK } from './features.ts'
import { errorCount } from './error-log.ts'
import { BROADCAST } from './namespace-ids.ts'
import { INVALID_NAMESPACE } from './status.ts'
import { activeNamespaces } from './subsystem.ts'
import type { NvmeController, NvmeNamespace } from './subsystem.ts'

/** What the drive has done since it was powered on. */
export type DriveUse = {
  readonly poweredOnMs: number
  /** Completed I/O of one namespace, by every controller that it is attached to. */
  readonly served: (namespace: NvmeNamespace) => ServedIo
}

export type ServedIo = {
  readonly reads: number
  readonly writes: number
  readonly readBytes: number
  readonly writtenBytes: number
}

const TEMPERATURE_K = 323
const TEMPERATURE_WARNING = 1 << 1
const MS_PER_HOUR = 3_600_000
/** Data units count thousands of 512 bytes, rounded up. */
const DATA_UNIT_BYTES = 512_000

/** Length of the page. */
export const HEALTH_BYTES = 512

/** The page, or the status that refuses it. */
export function healthPage(
  controller: NvmeController,
  nsid: number,
  use: DriveUse
): Buffer | number {
  const active = activeNamespaces(controller)
  const counted = nsid === BROADCAST ? active : active.filter((one) => one.nsid === nsid)
  if (nsid !== BROADCAST && counted.length === 0) return INVALID_NAMESPACE
  const page = Buffer.alloc(HEALTH_BYTES)
  writeState(page, controller)
  writeCounters(page, counted.map(use.served), use.poweredOnMs)
  page.writeBigUInt64LE(BigInt(errorCount(controller)), 176)
  return page
}

function writeState(page: Buffer, controller: NvmeController): void {
  const { availableSpare, spareThreshold } = controller.policy.health
  page[0] = TEMPERATURE_K >= overTemperatureK(controller) ? TEMPERATURE_WARNING : 0
  page.writeUInt16LE(TEMPERATURE_K, 1)
  page[3] = availableSpare
  page[4] = spareThreshold
}

function writeCounters(
  page: Buffer,
  served: readonly ServedIo[],
  poweredOnMs: number
): void {
  const sum = (key: keyof ServedIo) => served.reduce((total, one) => total + one[key], 0)
  const counter = (value: number, at: number) =>
    page.writeBigUInt64LE(BigInt(Math.ceil(value)), at)
  counter(sum('readBytes') / DATA_UNIT_BYTES, 32)
  counter(sum('writtenBytes') / DATA_UNIT_BYTES, 48)
  counter(sum('reads'), 64)
  counter(sum('writes'), 80)
  counter(Math.floor(poweredOnMs / MS_PER_HOUR), 128)
}
