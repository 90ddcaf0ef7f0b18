/**
 * The database's face. All writing happens in one worker thread, one transaction at a time (WAL, synchronous=FULL, group
 * commit); a transaction is a list of values, so it can cross to the worker and be part of a saga's record. Reading is
 * synchronous, on a read-only connection of the calling thread, by prepared SQL.
 */
import type { RowPlace } from './keyset-page.ts'
import type { SmartSummary } from '../host/observation.ts'
import type { LogEntry } from '../saga/log.ts'
import type { OperationRecord, OperationState } from '../saga/operation.ts'
import type { Json } from '../saga/workflow.ts'
import type { VirtualFunctionPolicyRow } from './policy-row.ts'
import type {
  AssignmentRow,
  ControllerRow,
  DriftPolicy,
  DriftRow,
  EventRow,
  HealingRow,
  HostRow,
  NamespaceRow,
  NewEvent,
  PlanRow,
  ProvisionedVf,
  ScanDigestRow,
  SeenHostRow,
  VirtualFunctionRow,
} from './rows.ts'

export type StoreWrite =
  /** A host that is new has nothing to be restored: it is settled. */
  | { readonly write: 'putHost'; readonly row: SeenHostRow }
  | {
      readonly write: 'settleHost'
      readonly hostId: string
      readonly bootId: string
      readonly unrestored: number
    }
  | {
      readonly write: 'setDriftPolicy'
      readonly hostId: string
      readonly policy: DriftPolicy
    }
  | { readonly write: 'putDrift'; readonly row: DriftRow }
  | {
      readonly write: 'deleteDrift'
      readonly functionId: string
      readonly kind: DriftRow['kind']
    }
  | { readonly write: 'putHealing'; readonly row: HealingRow }
  | { readonly write: 'deleteHealing'; readonly functionId: string }
  /** In place of the one that the controller has. */
  | { readonly write: 'putVirtualFunctionPolicy'; readonly row: VirtualFunctionPolicyRow }
  | { readonly write: 'deleteVirtualFunctionPolicy'; readonly controllerId: string }
  /** Bulk reconciliation of one scan: rows that changed, whole. Columns that a scan does not know (sriovBefore, provisioned) stay. */
  | {
      readonly write: 'reconcile'
      readonly controllers: readonly Omit<ControllerRow, 'sriovBefore'>[]
      readonly virtualFunctions: readonly Omit<VirtualFunctionRow, 'provisioned'>[]
      readonly namespaces: readonly NamespaceRow[]
      /** Of the host that was scanned; every other host with rows here loses its own. Absent or null: there is none for these rows. */
      readonly digest?: ScanDigestRow | null
    }
  /** A scan saw what the digest stands for: of its rows only the SMART values may have changed. */
  | {
      readonly write: 'confirmScan'
      readonly observedAt: string
      readonly health: readonly ControllerHealth[]
    }
  /** It is brought back: nothing when it was not remembered as taken. */
  | {
      readonly write: 'forgetTakenVf'
      readonly controllerId: string
      readonly vfNumber: number
    }
  | {
      readonly write: 'setSriovBefore'
      readonly controllerId: string
      readonly before: ControllerRow['sriovBefore']
    }
  | {
      readonly write: 'setProvisioned'
      readonly virtualFunctionId: string
      readonly provisioned: ProvisionedVf | null
    }
  | { readonly write: 'putAssignment'; readonly row: AssignmentRow }
  | {
      readonly write: 'updateAssignment'
      readonly id: string
      readonly set: Partial<
        Pick<AssignmentRow, 'state' | 'before' | 'handOver' | 'quarantine' | 'operationId'>
      >
      readonly at: string
    }
  /** Those that have expired by its `createdAt` go, and of its tenant's all but the newest `keep`. */
  | { readonly write: 'putPlan'; readonly row: PlanRow; readonly keep: number }
  /** Only events/ makes these. */
  | { readonly write: 'appendEvent'; readonly event: NewEvent }
  | { readonly write: 'createOperation'; readonly operation: OperationRecord }
  /** Fails the whole transaction with StaleFence when the stored fence is higher. */
  | { readonly write: 'logOperation'; readonly entry: LogEntry }
  | {
      readonly write: 'takeOverOperation'
      readonly id: string
      readonly owner: string
      readonly leaseUntilMs: number
      readonly nowMs: number
    }
  /** Fails the whole transaction with IdempotencyTaken when the key is there already. */
  | {
      readonly write: 'putIdempotencyKey'
      readonly tenant: string
      readonly key: string
      readonly requestHash: string
      /** null: what it stands for is no operation, and is not answered yet. */
      readonly operationId: string | null
      readonly at: string
    }
  /** @property answer null: it was refused, so that the key may come again with another request. */
  | {
      readonly write: 'settleIdempotencyKey'
      readonly tenant: string
      readonly key: string
      readonly answer: Json
    }

/** What it said of its health when it last answered. */
export type ControllerHealth = {
  readonly controllerId: string
  readonly health: SmartSummary
}

export type CommitResult = {
  /** Numbers of the transaction's events, in order. */
  readonly events: readonly number[]
  /** For takeOverOperation: the new fence, or null when somebody else holds the lease. */
  readonly fence: number | null
}

/** A page of a list by keyset: items after `after`, ascending by id (events: by number). */
export type PageRequest = { readonly after: string | null; readonly limit: number }
export type Page<T> = { readonly items: readonly T[]; readonly next: string | null }

/** What an operation that has not ended is about. */
export type OpenOperation = Pick<
  OperationRecord,
  'id' | 'workflow' | 'version' | 'state' | 'params'
>

/** What views of a host's functions are made of. */
export type KeptRows = ReturnType<StoreReader['inventoryOf']> & {
  readonly drift: readonly DriftRow[]
  /** Those that are not over, oldest first. */
  readonly assignments: readonly AssignmentRow[]
}

export interface StoreReader {
  hosts: (page: PageRequest) => Page<HostRow>
  host: (id: string) => HostRow | undefined
  controllers: (
    filter: { readonly hostId?: string },
    page: PageRequest
  ) => Page<ControllerRow>
  controller: (id: string) => ControllerRow | undefined
  /** Of its controllers that are present and have told of it. */
  healthOf: (hostId: string) => readonly ControllerHealth[]
  virtualFunctions: (
    filter: { readonly hostId?: string; readonly controllerId?: string },
    page: PageRequest
  ) => Page<VirtualFunctionRow>
  virtualFunction: (id: string) => VirtualFunctionRow | undefined
  namespaces: (
    filter: { readonly hostId?: string },
    page: PageRequest
  ) => Page<NamespaceRow>
  namespace: (id: string) => NamespaceRow | undefined
  /** Every row of a host, unpaged: what reconciliation compares with. */
  inventoryOf: (hostId: string) => {
    readonly controllers: readonly ControllerRow[]
    readonly virtualFunctions: readonly VirtualFunctionRow[]
    readonly namespaces: readonly NamespaceRow[]
  }
  /** Where the rows of a page are: for whoever has the rows, by `keptInventoryOf` say. */
  places: (
    table: 'Controller' | 'VirtualFunction' | 'Namespace',
    filter: { readonly hostId?: string; readonly controllerId?: string },
    page: PageRequest
  ) => Page<RowPlace>
  /** For views: kept from call to call as long as nothing of them is written. */
  keptInventoryOf: (hostId: string) => KeptRows
  /** When the host was scanned last. */
  observedAtOf: (hostId: string) => string | undefined
  /** What the rows of a host were made of; undefined when they have been written since, or are not all there. */
  scanDigest: (hostId: string) => string | undefined
  /** Lists of what belongs to somebody are filtered by tenant in the query. null: all tenants (an admin). */
  assignments: (tenant: string | null, page: PageRequest) => Page<AssignmentRow>
  assignment: (tenant: string | null, id: string) => AssignmentRow | undefined
  /** Assignments of a function that are not over: every state but released and failed. */
  standingAssignment: (functionId: string) => AssignmentRow | undefined
  standingAssignmentsOf: (hostId: string) => readonly AssignmentRow[]
  /** Those of the functions that the host has now: of one that has moved, the assignment names the host that it was on. Oldest first. */
  standingOnFunctionsOf: (hostId: string) => readonly AssignmentRow[]
  driftOf: (hostId: string) => readonly DriftRow[]
  healingOf: (hostId: string) => readonly HealingRow[]
  virtualFunctionPolicy: (controllerId: string) => VirtualFunctionPolicyRow | undefined
  /** Ascending by the ids of their controllers. */
  virtualFunctionPolicies: (
    filter: { readonly tenant: string | null; readonly hostId?: string },
    page: PageRequest
  ) => Page<VirtualFunctionPolicyRow>
  /** Of its controllers, ascending by their ids. */
  virtualFunctionPoliciesOf: (hostId: string) => readonly VirtualFunctionPolicyRow[]
  /** Whether there is anything to be kept as it is: a provisioned or declared VF, a standing assignment, a function that is brought back. */
  isCaredFor: (hostId: string) => boolean
  operations: (
    filter: { readonly tenant: string | null; readonly states?: readonly OperationState[] },
    page: PageRequest
  ) => Page<OperationRecord>
  /** In the order in which they were created, which their ids need not be in. Unpaged: for filters that leave few. */
  operationsInOrder: (
    filter:
      | { readonly states: readonly OperationState[]; readonly workflow?: string }
      | { readonly workflow: string; readonly states?: undefined }
  ) => readonly OperationRecord[]
  operation: (tenant: string | null, id: string) => OperationRecord | undefined
  /** Of those that were created after it, have not been undone and hold one of these too, at least one of the two exclusively: the first. */
  firstSince: (
    id: string,
    holds: { readonly exclusive: readonly string[]; readonly shared: readonly string[] }
  ) => OpenOperation | undefined
  /**
   * Those that have not ended, oldest first, without their steps: what every request asks for. The same parameters are the
   * same value each time.
   */
  openOperations: () => readonly OpenOperation[]
  /** One that has expired may still be there. */
  plan: (tenant: string | null, id: string) => PlanRow | undefined
  events: (tenant: string | null, afterNumber: number, limit: number) => readonly EventRow[]
  lastEventNumber: () => number
  idempotencyKey: (tenant: string, key: string) => KnownKey | undefined
}

/** Both null: what it stands for has not been answered. */
export type KnownKey = {
  readonly requestHash: string
  readonly operationId: string | null
  readonly answer: Json
}

export interface Store {
  readonly read: StoreReader
  /** Resolves when it can be written. A commit does as much; this tells whether it can. @throws {StoreError} */
  startWriting: () => Promise<void>
  /** One transaction, durable when resolved. */
  commit: (writes: readonly StoreWrite[]) => Promise<CommitResult>
  /** Called with the events of each commit, after it is durable, in order. */
  onEvents: (listener: (events: readonly EventRow[]) => void) => () => void
  close: () => Promise<void>
}

export class IdempotencyTaken extends Error {
  readonly key: string

  constructor(key: string) {
    super(`Idempotency-Key ${key} is taken`)
    this.name = 'IdempotencyTaken'
    this.key = key
  }
}
