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
import type { TenantReach } from '../nvme/tenant-reach.ts'
import type { Json } from '../saga/workflow.ts'
import type { SecondaryState } from '../nvme/secondary-controller.ts'
import type {
  ReachedNamespaces,
  RecordedAttachments,
  RecreatingNamespaces,
} from './recorded-namespaces.ts'

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
  /** What is done about drift, besides telling it. */
  readonly driftPolicy: DriftPolicy
  /** Boot whose restoring has come to its end. Another than `bootId`: the host is being restored. */
  readonly settledBootId: string | null
  /** Functions that could not be restored in that boot. */
  readonly unrestored: number
}

/** What a host's rows were made of: a scan that sees the same again need not read them. */
export type ScanDigestRow = {
  readonly hostId: string
  /** Of the observation, without what changes from scan to scan. */
  readonly digest: string
  /** How many rows the host has. */
  readonly controllers: number
  readonly virtualFunctions: number
  readonly namespaces: number
}

/** Columns that a scan does not know take no part. */
export type SeenHostRow = Omit<HostRow, 'driftPolicy' | 'settledBootId' | 'unrestored'>

export type DriftPolicy = 'report' | 'heal'

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
  readonly observation: ObservedController
  /** What the controller last answered, kept while a guest has it. */
  readonly lastController: ControllerObservation | null
  /** VF count and autoprobe before nvirt enabled VFs; null while it has none provisioned. */
  readonly sriovBefore: SriovBefore | null
  readonly observedAt: string
}

/** With what its VFs last said of themselves, kept while they are with guests, without a driver or not enabled. */
export type ObservedController = FunctionObservation & {
  /** In the order of VF numbers. Absent: none of them was ever asked. */
  readonly reachOfVfs?: readonly ReachOfVf[]
  /** It answered, and nobody listed the namespaces of its subsystem to the end. Absent: they were listed, or it was not asked. */
  readonly namespacesUnlisted?: true
  /**
   * VF numbers of those that a reboot, or the drive's own going, took away, and that no scan has found as they are to be,
   * and in no operation's hands, since. Absent: there are none or, while the host is being restored, nobody has looked.
   */
  readonly takenVfs?: readonly number[]
  /**
   * VF numbers of those of them that an assignment stands on: they come back without the host's driver, and count as taken
   * once more when that is over.
   */
  readonly unboundVfs?: readonly number[]
}

export type ReachOfVf = {
  readonly vfNumber: number
  /** Of the drive when the VF said so: another one may let a tenant do other things. */
  readonly firmware: string
  readonly reach: readonly TenantReach[]
}

export type SriovBefore = {
  readonly vfCount: number
  readonly autoprobe: boolean
  /** Boot in which it was found so: VFs of another boot were not enabled by nvirt. Absent: the first nvirt recorded it. */
  readonly bootId?: string
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
  /** cntlid of the primary to which a release has fetched its namespaces: they may be there still. Absent: they are not. */
  readonly fetchedTo?: number
  /** A retirement that failed half-way took it offline: whoever has it online since is somebody else. Absent: none did. */
  readonly offline?: true
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
  /** Handed over in a former boot, or before its hardware went and came back: it is not in its consumer's reach yet. */
  | 'restoring'
  /** Its hardware has gone. */
  | 'lost'
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
    /** Of a controller that went with chosen namespaces. */
    readonly attachments?: RecordedAttachments
    /** Of a controller whose drive answered. */
    readonly reached?: ReachedNamespaces
    /** While namespaces of it are deleted that are to be created again. */
    readonly recreating?: RecreatingNamespaces
    /** Of one whose namespaces were cleaned, and are being put back or leave a doubt: the evidence, by step. */
    readonly cleaned?: Readonly<Record<string, Json>>
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

export type DriftKind =
  /** Provisioned, and not there. */
  | 'hardware-missing'
  /** Another function claims the identity. */
  | 'ambiguous'
  /** VFs were disabled. */
  | 'vfs-gone'
  /** Offline, with its resources. */
  | 'vf-offline'
  /** Offline, and its resources are not what it was given. */
  | 'resources-lost'
  /** Online with other resources than it was given. */
  | 'resources-changed'
  | 'namespace-detached'
  | 'foreign-namespace-attached'
  | 'driver-changed'
  | 'override-changed'
  /** Handed over with another address or IOMMU group than it has. */
  | 'moved'
  | 'autoprobe-changed'
  /** VFs that somebody else enabled. */
  | 'foreign-vfs'
  /** In the pool, and online. */
  | 'foreign-secondary-online'

/** A difference between what is desired and what is, as it was last told. */
export type DriftRow = {
  readonly hostId: string
  readonly functionKind: 'controller' | 'virtualFunction'
  readonly functionId: string
  readonly kind: DriftKind
  /** Whose the function is. */
  readonly tenant: string
  readonly expected: Readonly<Record<string, unknown>>
  readonly found: Readonly<Record<string, unknown>>
  readonly since: string
}

/** How often nvirt has tried to bring a function back. */
export type HealingRow = {
  readonly functionId: string
  readonly hostId: string
  readonly attempts: number
  readonly lastAttemptAt: string
  /** The last operation that tried. */
  readonly operationId: string
}

/** What a request would do, as `workflows/` has it. */
export type PlanRow = {
  readonly id: string
  readonly tenant: string
  readonly request: Json
  /** The plan, and what it was made of. */
  readonly made: Json
  readonly createdAt: string
  readonly expiresAt: string
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
