/**
 * The rows of the database as the rest of nvirt sees them. Prisma's types never leave this room; documents (JSON columns)
 * are typed by who writes them and validated when read. Times are RFC 3339.
 */
import type {
  ControllerObservation,
  FunctionObservation,
  NamespaceObservation,
} from '../host/observation.ts'
import type { Binding, DriveCondition, FunctionIdentity } from '../host/query.ts'
import type { SecondaryState } from '../nvme/secondary-controller.ts'

export type HostRow = {
  readonly id: string
  readonly machineId: string
  readonly bootId: string
  readonly hostname: string
  readonly kernelRelease: string
  readonly onlineCpus: number
  readonly iommu: boolean
  readonly reach: 'reachable' | 'away'
  readonly why: string | null
  readonly observedAt: string
}

/** A physical function's controller: an SR-IOV primary or a plain one. */
export type ControllerRow = {
  readonly id: string
  readonly hostId: string
  readonly serial: string
  readonly subsystemNqn: string
  readonly cntlid: number
  readonly address: string
  readonly present: boolean
  /** Another function claims the same identity: neither is handed over. */
  readonly ambiguous: boolean
  readonly observation: FunctionObservation
  /** What the controller last answered, kept while a guest has it. */
  readonly lastController: ControllerObservation | null
  /** VF count and autoprobe before nvirt enabled VFs; null while it has none provisioned. */
  readonly sriovBefore: { readonly vfCount: number; readonly autoprobe: boolean } | null
  readonly observedAt: string
}

export type VirtualFunctionRow = {
  readonly id: string
  readonly hostId: string
  readonly controllerId: string
  /** 1-based. */
  readonly vfNumber: number
  readonly cntlid: number
  /** null while VFs are not enabled. */
  readonly address: string | null
  /** Actual, from the secondary controller list. */
  readonly secondaryState: SecondaryState
  readonly vq: number
  readonly vi: number
  readonly observation: FunctionObservation | null
  /** Desired; null: in the pool. */
  readonly provisioned: ProvisionedVf | null
  readonly observedAt: string
}

export type ProvisionedVf = {
  readonly vq: number
  readonly vi: number
  readonly nsids: readonly number[]
  readonly driver: 'none' | 'nvme'
  readonly tenant: string
  readonly operationId: string
  readonly at: string
  /** Why it is quarantined: retiring it failed half-way. Absent: it is not. */
  readonly quarantine?: string
}

export type NamespaceRow = {
  readonly id: string
  readonly hostId: string
  readonly present: boolean
  readonly observation: NamespaceObservation
  readonly observedAt: string
}

export type AssignmentState =
  | 'requested'
  | 'preparing'
  | 'ready'
  | 'releasing'
  /** Its namespaces are being erased: there is no way back. */
  | 'cleaning'
  | 'quarantined'
  | 'released'
  /** Its operation was undone: the function never left. */
  | 'failed'

export type AssignmentRow = {
  readonly id: string
  readonly hostId: string
  readonly functionKind: 'controller' | 'virtualFunction'
  readonly functionId: string
  readonly state: AssignmentState
  /** Free text of the requester: which VM this is for. */
  readonly consumer: string
  readonly actor: string
  readonly tenant: string
  readonly operationId: string
  /** Recorded before the function was touched; null until then. */
  readonly before: {
    readonly binding: Binding
    readonly identity: FunctionIdentity
    /** Of its drive; absent: unknown. */
    readonly condition?: DriveCondition
  } | null
  readonly handOver: HandOver | null
  /** Why the function is quarantined; null otherwise. */
  readonly quarantine: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

/** What the consumer needs. */
export type HandOver = {
  readonly address: string
  readonly iommuGroup: number
  readonly vfioPath: string
  readonly qemuArguments: readonly string[]
  readonly libvirtXml: string
}

export type EventRow = {
  /** Given in the transaction of the change: ascending in the order of commits, without gaps but for rolled back ones. */
  readonly number: number
  /** `virtual-function.provisioned`, `controller.appeared` ... */
  readonly type: string
  readonly at: string
  readonly hostId: string | null
  readonly subject: EventSubject
  readonly actor: string
  readonly tenant: string
  readonly operationId: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

export type EventSubject = {
  readonly kind:
    'host' | 'controller' | 'virtualFunction' | 'namespace' | 'assignment' | 'operation'
  readonly id: string
}

export type NewEvent = Omit<EventRow, 'number'>
