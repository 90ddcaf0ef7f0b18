/**
 * Every change of a host is a value. Each is safe to repeat: the driver reads first, writes only when the machine is not
 * yet as wished, and reads again afterwards (`drivers_probe` succeeds when the probe fails).
 */
import type { SecureErase } from '../nvme/admin-commands.ts'
import type { Markers } from '../nvme/erase-markers.ts'
import type { NamespaceLayout } from '../nvme/namespace-layout.ts'
import type { FlexibleKind, FlexibleResources } from '../nvme/secondary-controller.ts'
import type { PciAddress } from '../nvme/pci-address.ts'

export type HostChange = FunctionChange | TraceChange

export type ChangeOf<Kind extends HostChange['change']> = Extract<
  HostChange,
  { readonly change: Kind }
>

/** Of a host as a whole. */
export type TraceChange =
  /**
   * Lets the kernel count NVMe commands by queue and by latency, from now on and of all controllers. Costs it about 1 kB for
   * each queue and command that fits in one, at most 100 MB, and a microsecond or so for each command.
   */
  | {
      readonly change: 'armTrace'
      /** Queues for which there is to be room, at least 1. */
      readonly queues: number
    }
  /** Removes what `armTrace` made, and nothing of anybody else's. */
  | { readonly change: 'disarmTrace' }

export type FunctionChange =
  /** Whether the kernel probes VFs of this primary as they appear. */
  | { readonly change: 'setAutoprobe'; readonly pf: PciAddress; readonly enabled: boolean }
  /** All VFs, or none: the count cannot change between two non-zero values. */
  | { readonly change: 'setVfCount'; readonly pf: PciAddress; readonly count: number }
  /** Offline also returns the secondary's resources to the pool. */
  | { readonly change: 'takeOffline'; readonly pf: PciAddress; readonly cntlid: number }
  | {
      readonly change: 'assignResources'
      readonly pf: PciAddress
      readonly cntlid: number
      readonly resource: FlexibleKind
      /** Absolute, admin queue pair included. */
      readonly count: number
    }
  /**
   * VQ, then VI of one secondary, between two looks: a drive takes as long to list its secondaries as for a command. What is
   * refused ends it, with what came before it done.
   */
  | {
      readonly change: 'assignBoth'
      readonly pf: PciAddress
      readonly cntlid: number
      /** Absolute, as above. */
      readonly vq: number
      readonly vi: number
    }
  | { readonly change: 'bringOnline'; readonly pf: PciAddress; readonly cntlid: number }
  /**
   * The same of several, in their order, between two looks. The first that is refused ends it, with those before it online; one
   * that there is not keeps all as they are.
   */
  | {
      readonly change: 'bringEachOnline'
      readonly pf: PciAddress
      readonly cntlids: readonly number[]
    }
  /** Function Level Reset of a VF. Leaves no trace that could be verified, so it is always written. */
  | { readonly change: 'resetFunction'; readonly fn: PciAddress; readonly pf: PciAddress }
  /** The same of several VFs of one primary, at the same time: the kernel sleeps for 100 ms in each. */
  | {
      readonly change: 'resetFunctions'
      readonly fns: readonly PciAddress[]
      readonly pf: PciAddress
    }
  /** In force from the next `resetPrimary`, and to be seen nowhere before that, so it is always sent. */
  | {
      readonly change: 'allocatePrimaryResources'
      readonly pf: PciAddress
      readonly resource: FlexibleKind
      /** The primary's own flexible ones, absolute. 0 gives all of them to the pool. */
      readonly count: number
    }
  /** Function Level Reset of a primary without VFs, unless it already has the flexible resources that it should. */
  | {
      readonly change: 'resetPrimary'
      readonly pf: PciAddress
      readonly expected: FlexibleResources
    }
  | {
      readonly change: 'attachNamespace' | 'detachNamespace'
      readonly pf: PciAddress
      readonly nsid: number
      readonly cntlid: number
    }
  /** From several controllers, 1 to 2,047, by one command: a drive takes as long for all as for one. */
  | {
      readonly change: 'detachFromEach'
      readonly pf: PciAddress
      readonly nsid: number
      readonly cntlids: readonly number[]
    }
  /** null clears the override. */
  | {
      readonly change: 'setOverride'
      readonly fn: PciAddress
      readonly driver: OverrideDriver | null
    }
  | { readonly change: 'unbind'; readonly fn: PciAddress }
  /** drivers_probe, then waits until `driver` holds the function (for nvme: until the controller is live). */
  | {
      readonly change: 'probe'
      readonly fn: PciAddress
      readonly expectDriver: OverrideDriver
    }
  /**
   * Of the disk of a namespace, exclusively, so that nothing else takes it. Here, and in the three below, `fn` is a function
   * of the host's nvme driver that the namespace is attached to.
   */
  | {
      readonly change: 'holdDisk' | 'letGoOfDisk'
      readonly fn: PciAddress
      readonly nsid: number
    }
  /** Blocks by which an erase is told to have happened. What was on them is gone. */
  | {
      readonly change: 'writeMarkers'
      readonly fn: PciAddress
      readonly nsid: number
      readonly markers: Markers
    }
  /**
   * Format NVM, as the namespace is formatted now. May take hours: it is `blocked` meanwhile, and asked again it is not sent
   * again, but ends as it has ended.
   */
  | {
      readonly change: 'formatNamespace'
      readonly fn: PciAddress
      readonly nsid: number
      readonly secureErase: SecureErase
      /** Those that are missing are written before, and none is left afterwards. The token names who hears its answer. */
      readonly markers: Markers
    }
  /** That namespace of the function's drive, and no other that has its nsid by now. Attached to nobody, since drives differ in what they do otherwise. */
  | {
      readonly change: 'deleteNamespace'
      readonly fn: PciAddress
      readonly nsid: number
      readonly nguid: string | null
      readonly eui64: string | null
    }
  /** As many as are missing until the drive has `count` of that layout besides those that were there before. */
  | {
      readonly change: 'createNamespaces'
      readonly fn: PciAddress
      readonly layout: NamespaceLayout
      readonly count: number
      /** nsids that were there before. */
      readonly before: readonly number[]
    }
  /** Zeroes over the bytes from the first up to the second, whole blocks. */
  | {
      readonly change: 'overwriteNamespace'
      readonly fn: PciAddress
      readonly nsid: number
      readonly fromByte: number
      readonly toByte: number
    }

/** The only names that nvirt ever writes into driver_override. */
export type OverrideDriver = 'nvme' | 'vfio-pci' | 'none'

export type ApplyContext = {
  readonly operationId: string
  readonly step: string
  /** Raised by every take-over of the operation; a driver refuses a lower one than it has seen. */
  readonly fence: number
  /** For each kernel call of the change, ms. */
  readonly deadlineMs: number
}

export type ChangeOutcome =
  /** `writes`: kernel writes and commands that were made, none when the machine was already as wished. */
  | { readonly outcome: 'done'; readonly writes: readonly string[] }
  /** A kernel call has not come back, or the lane of this function hangs in an earlier one. Ask again later. */
  | { readonly outcome: 'blocked'; readonly blocked: BlockedReport }

export type BlockedReport = {
  /** The call in words: `write /sys/.../sriov_numvfs "0"`. */
  readonly call: string
  readonly since: string
  /** Who holds what the call waits for, where that can be found. */
  readonly holders: readonly {
    readonly pid: number
    readonly command: string
    readonly holds: string
  }[]
}
