/**
 * Secondary Controller List, Identify CNS 15h, and whether it may be trusted. Firmware older than the standard has other
 * values and offsets in it (a Huawei ES3000 V3 says 2 for offline); a drive whose list is not as specified is looked at
 * and never changed.
 * Source: NVMe Base 2.1, "Secondary Controller List"; offsets as in libnvme src/nvme/types.h.
 */
import { fieldsOf } from './little-endian.ts'
import type { SecondaryController } from './secondary-controller.ts'

const FIRST_ENTRY = 32
const ENTRY_LENGTH = 32
/** Entries in one page. A full page may have a successor, asked for from its last cntlid + 1 on. */
export const SECONDARIES_PER_PAGE = 127

/** An entry as the drive gives it, before anything is believed. */
export type SecondaryEntry = {
  readonly cntlid: number
  readonly primaryCntlid: number
  /** SCS: 0 offline, 1 online. */
  readonly stateCode: number
  readonly vfNumber: number
  readonly vq: number
  readonly vi: number
}

export type SecondaryListReading =
  | { readonly trusted: true; readonly secondaries: readonly SecondaryController[] }
  /** Why this list is not as specified, in words. */
  | { readonly trusted: false; readonly oddity: string }

export function decodeSecondaryList(page: Uint8Array): readonly SecondaryEntry[] {
  const fields = fieldsOf(page)
  const count = Math.min(fields.u8(0), SECONDARIES_PER_PAGE)
  return Array.from({ length: count }, (_, i) => {
    const at = FIRST_ENTRY + i * ENTRY_LENGTH
    return {
      cntlid: fields.u16(at),
      primaryCntlid: fields.u16(at + 2),
      stateCode: fields.u8(at + 4),
      vfNumber: fields.u16(at + 8),
      vq: fields.u16(at + 10),
      vi: fields.u16(at + 12),
    }
  })
}

/**
 * Believes the entries, or says why not.
 *
 * @param primaryCntlid of the controller that answered
 * @param totalVfs of its PF
 */
export function readSecondaryList(
  entries: readonly SecondaryEntry[],
  primaryCntlid: number,
  totalVfs: number
): SecondaryListReading {
  const oddity =
    firstOddity(entries, primaryCntlid, totalVfs) ??
    repeated(entries, 'cntlid', (entry) => entry.cntlid) ??
    // 0 says "not an SR-IOV VF", and any number of secondaries may say so.
    repeated(
      entries.filter((entry) => entry.vfNumber !== 0),
      'VF number',
      (entry) => entry.vfNumber
    )
  if (oddity !== undefined) return { trusted: false, oddity }
  return { trusted: true, secondaries: entries.map(toSecondary) }
}

function firstOddity(
  entries: readonly SecondaryEntry[],
  primaryCntlid: number,
  totalVfs: number
): string | undefined {
  for (const entry of entries) {
    const who = `controller ${entry.cntlid}`
    if (entry.primaryCntlid !== primaryCntlid) {
      return `${who} names ${entry.primaryCntlid} as its primary, not ${primaryCntlid}`
    }
    if (entry.stateCode > 1) return `${who} has state ${entry.stateCode}, neither 0 nor 1`
    if (entry.vfNumber > totalVfs) return `${who} is VF ${entry.vfNumber} of ${totalVfs}`
  }
  return undefined
}

function repeated(
  entries: readonly SecondaryEntry[],
  what: string,
  keyOf: (entry: SecondaryEntry) => number
): string | undefined {
  const seen = new Set<number>()
  for (const entry of entries) {
    const key = keyOf(entry)
    if (seen.has(key)) return `${what} ${key} occurs twice`
    seen.add(key)
  }
  return undefined
}

function toSecondary(entry: SecondaryEntry): SecondaryController {
  return {
    cntlid: entry.cntlid,
    primaryCntlid: entry.primaryCntlid,
    state: entry.stateCode === 1 ? 'online' : 'offline',
    vfNumber: entry.vfNumber,
    held: { vq: entry.vq, vi: entry.vi },
  }
}
