/**
 * SMART / Health Information log page, LID 02h: what we use of it. QEMU leaves most of it 0, available spare included.
 * Source: NVMe Base 2.1, "SMART / Health Information log page".
 */
import { fieldsOf } from './little-endian.ts'

export type SmartLog = {
  /** Bits: 0 spare, 1 temperature, 2 reliability, 3 read-only, 4 volatile memory backup, 5 persistent memory. */
  readonly criticalWarning: number
  readonly temperatureKelvin: number
  readonly availableSparePercent: number
  readonly spareThresholdPercent: number
  /** May exceed 100. */
  readonly percentageUsed: number
  /** Thousands of 512-byte units, rounded up. */
  readonly dataUnitsRead: bigint
  readonly dataUnitsWritten: bigint
  readonly hostReads: bigint
  readonly hostWrites: bigint
  readonly powerCycles: bigint
  readonly powerOnHours: bigint
  readonly unsafeShutdowns: bigint
  readonly mediaErrors: bigint
}

export function decodeSmartLog(page: Uint8Array): SmartLog {
  const fields = fieldsOf(page)
  return {
    criticalWarning: fields.u8(0),
    temperatureKelvin: fields.u16(1),
    availableSparePercent: fields.u8(3),
    spareThresholdPercent: fields.u8(4),
    percentageUsed: fields.u8(5),
    dataUnitsRead: fields.u128(32),
    dataUnitsWritten: fields.u128(48),
    hostReads: fields.u128(64),
    hostWrites: fields.u128(80),
    powerCycles: fields.u128(112),
    powerOnHours: fields.u128(128),
    unsafeShutdowns: fields.u128(144),
    mediaErrors: fields.u128(160),
  }
}
