/**
 * Error Information log (01h): an entry for each command that failed, the newest first. QEMU's is a single entry that
 * stays empty (nvme_error_info). It is kept in memory, as volatile drives keep it: over a restart of the emulator too.
 * Source: NVMe Base 2.1, "Error Information log page". From documents.
 */
import type { AdminCommand } from '../../kernel/call.ts'
import type { NvmeController } from './subsystem.ts'

export type ErrorLog = {
  /** Since power-on, entries that were pushed out included. */
  readonly count: number
  /** The newest first. */
  readonly entries: readonly ErrorEntry[]
}

export type ErrorEntry = {
  readonly count: number
  readonly status: number
  readonly nsid: number
}

const ENTRY_BYTES = 64
/** The command was not at fault in a field that we would know. */
const NO_PARAMETER = 0xffff

export function recordError(
  controller: NvmeController,
  { nsid = 0 }: AdminCommand,
  status: number
): void {
  const kept = controller.policy.pages.errorEntries
  if (kept === undefined) return
  const count = errorCount(controller) + 1
  const before = controller.errors?.entries ?? []
  const entries = [{ count, status, nsid }, ...before].slice(0, kept)
  controller.errors = { count, entries }
}

export function errorCount({ errors }: NvmeController): number {
  return errors?.count ?? 0
}

export function errorPage({ policy, errors }: NvmeController): Buffer {
  const page = Buffer.alloc(ENTRY_BYTES * (policy.pages.errorEntries ?? 1))
  errors?.entries.forEach(({ count, status, nsid }, i) => {
    const at = i * ENTRY_BYTES
    page.writeBigUInt64LE(BigInt(count), at)
    page.writeUInt16LE(0, at + 8) // SQID: the admin queue
    page.writeUInt16LE(status << 1, at + 12) // above the phase tag
    page.writeUInt16LE(NO_PARAMETER, at + 14)
    page.writeUInt32LE(nsid, at + 24)
  })
  return page
}
