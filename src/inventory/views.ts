/** What callers see of the inventory: the shapes that the API serialises. Ids are opaque. Sizes of 64 bits and more are decimal strings. */
import type {
  ControllerCapabilities,
  GroupMember,
  NamespaceObservation,
  PcieLink,
  SmartSummary,
} from '../host/observation.ts'
import type { FlexiblePool } from '../nvme/secondary-controller.ts'
import type { DriftPolicy } from '../store/rows.ts'
import type { DriftView } from './drift/drift-view.ts'
import type { TenantSafety } from './tenant-safety.ts'

export type HostView = {
  readonly id: string
  readonly hostname: string
  readonly machineId: string
  readonly bootId: string
  readonly kernelRelease: string
  readonly onlineCpus: number
  readonly iommu: boolean
  readonly reach: 'reachable' | 'away'
  readonly why: string | null
  /** Whether what was standing when it was started is back. `degraded`: some of it could not be brought back. */
  readonly state: 'ready' | 'restoring' | 'degraded'
  readonly driftPolicy: DriftPolicy
  readonly observedAt: string
}

export type GroupView = {
  readonly number: number
  readonly viable: boolean
  /** The other functions of the group. */
  readonly siblings: readonly GroupMember[]
}

/** The PCI side of a function: one of its two lives. */
export type FunctionView = {
  readonly pciAddress: string | null
  readonly driver: string | null
  readonly driverOverride: string | null
  readonly iommuGroup: GroupView | null
  readonly numaNode: number
  readonly link: PcieLink | null
  readonly resetMethods: readonly string[] | null
  /** A kernel call on this function does not come back. */
  readonly blocked: string | null
}

export type PoolView = FlexiblePool & {
  readonly free: number
  /** What the primary will have from its next reset other than a Controller Reset on; null: nothing that is known to wait. */
  readonly pendingReset: number | null
}

export type ControllerView = FunctionView & {
  readonly id: string
  readonly hostId: string
  readonly name: string | null
  readonly state: string | null
  readonly serial: string
  readonly model: string | null
  readonly firmware: string | null
  readonly subsystemNqn: string
  readonly cntlid: number
  readonly present: boolean
  readonly ambiguous: boolean
  /** I/O queue pairs that the host's driver has; null while it has none. */
  readonly ioQueuePairs: number | null
  readonly queueDepth: number | null
  readonly sriov: {
    readonly totalVfs: number
    readonly vfCount: number
    readonly autoprobe: boolean
    readonly vq: PoolView | null
    readonly vi: PoolView | null
  } | null
  readonly capabilities: ControllerCapabilities | null
  readonly smart: SmartSummary | null
  readonly health: Health
  readonly assignmentId: string | null
  readonly changingBy: string | null
  /** Desired against actual. None while an operation decides about it. */
  readonly drift: readonly DriftView[]
  readonly observedAt: string
}

export type Health = 'ok' | 'warning' | 'critical' | 'unknown'

export type VirtualFunctionView = FunctionView & {
  readonly id: string
  readonly hostId: string
  readonly controllerId: string
  readonly vfNumber: number
  readonly cntlid: number
  /** VFs of the primary are enabled, so that the function exists. */
  readonly enabled: boolean
  /** Actual. */
  readonly secondary: {
    readonly state: 'online' | 'offline'
    readonly vq: number
    readonly vi: number
  }
  /** Desired; null: in the pool. */
  readonly provisioned: {
    readonly vq: number
    readonly vi: number
    readonly ioQueuePairs: number
    readonly namespaceIds: readonly string[]
    readonly driver: 'none' | 'nvme'
  } | null
  /** Why it is neither assigned nor in the pool, until it is retired again; null: it is not quarantined. */
  readonly quarantine: string | null
  /** Whether a tenant could reach by it what is not its own. */
  readonly tenantSafety: TenantSafety
  /** Actual: namespaces attached to this secondary. */
  readonly namespaceIds: readonly string[]
  readonly assignmentId: string | null
  readonly changingBy: string | null
  /** Desired against actual. None while an operation decides about it. */
  readonly drift: readonly DriftView[]
  readonly observedAt: string
}

export type NamespaceView = Omit<NamespaceObservation, 'attachedTo'> & {
  readonly id: string
  readonly hostId: string
  readonly present: boolean
  readonly attachedTo: readonly {
    readonly cntlid: number
    readonly kind: 'controller' | 'virtualFunction' | 'unknown'
    readonly id: string | null
  }[]
  readonly observedAt: string
}
