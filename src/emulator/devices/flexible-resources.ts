/** VQ and VI resources of a primary controller, and what each secondary holds. Counts, the admin queue pair included. */
import type { FlexibleKind, FlexibleResources } from '../../nvme/secondary-controller.ts'

export type FlexiblePools = Readonly<Record<FlexibleKind, Pool>>

/** Source: NVMe Base 1.4, "Primary Controller Capabilities data structure"; QEMU nvme_init_state. */
export type Pool = {
  readonly total: number
  readonly private: number
  readonly maxPerSecondary: number
  readonly granularity: number
  /** Allocated to the primary. */
  primary: number
  /** Set by Primary Controller Flexible Allocation, in force from the next reset other than a Controller Reset. */
  pendingPrimary: number
}

/** @param primaryHas of what can be moved, when the drive is delivered; a number: that many */
export function newPool(
  size: Pick<Pool, 'total' | 'private' | 'maxPerSecondary' | 'granularity'>,
  primaryHas: 'none' | 'all' | number
): Pool {
  const counts = { none: 0, all: size.total }
  const primary = typeof primaryHas === 'number' ? primaryHas : counts[primaryHas]
  return { ...size, primary, pendingPrimary: primary }
}

/** One row of the Secondary Controller List. It exists whether or not its VF does. */
export type SecondaryEntry = {
  readonly cntlid: number
  /** 1-based. */
  readonly vfNumber: number
  online: boolean
  vq: number
  vi: number
  /** What the VF itself works with: read from the row at each function reset. */
  active: FlexibleResources
}

export function assigned(
  secondaries: readonly SecondaryEntry[],
  kind: FlexibleKind
): number {
  return secondaries.reduce((sum, entry) => sum + entry[kind], 0)
}

export function newEntry(cntlid: number, vfNumber: number): SecondaryEntry {
  return { cntlid, vfNumber, online: false, vq: 0, vi: 0, active: { vq: 0, vi: 0 } }
}

/** A function reset lets a VF pick up its queues and vectors. Source: QEMU nvme_activate_virt_res. */
export function activate(entry: SecondaryEntry): void {
  entry.active = { vq: entry.vq, vi: entry.vi }
}

/** Source: QEMU nvme_virt_set_state(false): the resources go whether it was online or not. */
export function takeOffline(entry: SecondaryEntry): void {
  entry.vq = 0
  entry.vi = 0
  if (entry.online) activate(entry)
  entry.online = false
}
