/** Identify's lists: namespaces (02h, 10h), controllers (12h, 13h), secondary controllers (15h), primary capabilities (14h). */
import { assigned } from './flexible-resources.ts'
import { IDENTIFY_LENGTH } from './identify-controller.ts'
import type { FlexibleKind } from '../../nvme/secondary-controller.ts'
import type { NvmeController, PrimaryController } from './subsystem.ts'

/** NSIDs greater than `after`, ascending, ended by 0. */
export function namespaceList(nsids: Iterable<number>, after: number): Uint8Array {
  const data = Buffer.alloc(IDENTIFY_LENGTH)
  ascending(nsids, after + 1)
    .slice(0, IDENTIFY_LENGTH / 4)
    .forEach((nsid, i) => data.writeUInt32LE(nsid, 4 * i))
  return data
}

/** cntlids from `first` up, after their count. */
export function controllerList(cntlids: Iterable<number>, first: number): Uint8Array {
  const data = Buffer.alloc(IDENTIFY_LENGTH)
  const ids = ascending(cntlids, first).slice(0, 2047)
  data.writeUInt16LE(ids.length, 0)
  ids.forEach((id, i) => data.writeUInt16LE(id, 2 + 2 * i))
  return data
}

function ascending(numbers: Iterable<number>, first: number): number[] {
  return [...numbers].filter((n) => n >= first).toSorted((a, b) => a - b)
}

const ENTRY_LENGTH = 32
const MOST_ENTRIES = 127

/** Entries with SCID at or above `first`. VFs that are not enabled are listed too, offline. */
export function secondaryList(controller: NvmeController, first: number): Uint8Array {
  const data = Buffer.alloc(IDENTIFY_LENGTH)
  if (controller.kind !== 'primary') return data
  const entries = controller.secondaries
    .filter((entry) => entry.cntlid >= first)
    .slice(0, MOST_ENTRIES)
  data[0] = entries.length
  entries.forEach((entry, i) => {
    const at = ENTRY_LENGTH * (i + 1)
    data.writeUInt16LE(entry.cntlid, at)
    data.writeUInt16LE(controller.cntlid, at + 2)
    data[at + 4] = entry.online ? 1 : 0
    data.writeUInt16LE(entry.vfNumber, at + 8)
    data.writeUInt16LE(entry.vq, at + 10)
    data.writeUInt16LE(entry.vi, at + 12)
  })
  return data
}

const VQ_OFFSET = 32
const VI_OFFSET = 64

/**
 * CRT says both kinds flexible even where there is nothing flexible (QEMU nvme_init_state): a plain controller reports
 * all its queues private, a VF what it was assigned.
 */
export function primaryCapabilities(controller: NvmeController): Uint8Array {
  const data = Buffer.alloc(IDENTIFY_LENGTH)
  data.writeUInt16LE(controller.cntlid, 0)
  data[4] = 0b11 // CRT
  switch (controller.kind) {
    case 'primary':
      writePool(data, VQ_OFFSET, controller, 'vq')
      writePool(data, VI_OFFSET, controller, 'vi')
      break
    case 'plain':
      writePrivate(data, VQ_OFFSET, controller.ioQueuePairs + 1, 1)
      writePrivate(data, VI_OFFSET, controller.ioQueuePairs + 1, 1)
      break
    case 'secondary':
      writePrivate(data, VQ_OFFSET, controller.entry.active.vq, 0)
      writePrivate(data, VI_OFFSET, controller.entry.active.vi, 0)
      break
  }
  return data
}

function writePool(
  data: Buffer,
  at: number,
  { pools, secondaries }: PrimaryController,
  kind: FlexibleKind
): void {
  const pool = pools[kind]
  data.writeUInt32LE(pool.total, at)
  data.writeUInt32LE(assigned(secondaries, kind), at + 4)
  data.writeUInt16LE(pool.primary, at + 8)
  data.writeUInt16LE(pool.maxPerSecondary, at + 12)
  writePrivate(data, at, pool.private, pool.granularity)
}

function writePrivate(data: Buffer, at: number, count: number, granularity: number): void {
  data.writeUInt16LE(count, at + 10)
  data.writeUInt16LE(granularity, at + 14)
}
