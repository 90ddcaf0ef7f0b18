/**
 * The NVMe life of a VF: its secondary controller. The other life, which driver holds the PCI function, is its
 * binding; a reset of the primary gives "held by vfio-pci, but offline", so the two are never one state.
 *
 * What *we* refuse. The emulator answers from its own device model; a property test holds the two together.
 * Source: NVMe Base 2.1, "Virtualization Enhancements"; QEMU hw/nvme/ctrl.c nvme_virt_set_state.
 */
export type SecondaryState = 'offline' | 'online'

/** Flexible resources of a controller. Counts, the admin queue pair included. */
export type FlexibleResources = {
  /** Queue pairs: one submission and one completion queue each. */
  readonly vq: number
  /** MSI-X interrupt vectors. */
  readonly vi: number
}

export type FlexibleKind = keyof FlexibleResources

/** An admin and one I/O queue pair, and one vector: with less, online is refused (SC 120h). */
export const MIN_ONLINE: FlexibleResources = { vq: 2, vi: 1 }

/** One Secondary Controller Entry (Identify CNS 15h). */
export type SecondaryController = {
  readonly cntlid: number
  readonly primaryCntlid: number
  readonly state: SecondaryState
  /** 1-based; VF index + 1. 0: not an SR-IOV VF. */
  readonly vfNumber: number
  readonly held: FlexibleResources
}

/** Primary Controller Capabilities (Identify CNS 14h), per kind of resource. Counts. */
export type FlexiblePool = {
  /** Supported as flexible at all (CRT). */
  readonly supported: boolean
  /** Flexible in total: VQFRT, VIFRT. */
  readonly total: number
  /** Assigned to secondaries now: VQRFA, VIRFA. */
  readonly assigned: number
  /** Allocated to the primary now: VQRFAP, VIRFAP. */
  readonly primary: number
  /** Private to the primary: VQPRT, VIPRT. */
  readonly private: number
  /** Most that one secondary may get: VQFRSM, VIFRSM. */
  readonly maxPerSecondary: number
  /** Preferred granularity: VQGRAN, VIGRAN. */
  readonly granularity: number
}

export type PrimaryCapabilities = {
  readonly cntlid: number
  readonly vq: FlexiblePool
  readonly vi: FlexiblePool
}

/** What the pool can still give. */
export function freeOf(pool: FlexiblePool): number {
  return Math.max(0, pool.total - pool.primary - pool.assigned)
}
