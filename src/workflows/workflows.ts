/** The workflows' face: what we do to the hardware. `createWorkflows` (service.ts) implements it. */
import type { Caller } from '../access/caller.ts'
import type { DriftView } from '../inventory/drift/drift-view.ts'
import type { OperationRecord, OperationState } from '../saga/operation.ts'
import type { AssignmentRow, DriftPolicy } from '../store/rows.ts'
import type { Page, PageRequest } from '../store/store.ts'

export interface Workflows {
  /** Each start answers once the operation is durable, before the hardware is touched. All throw ControlPlaneError. */
  provision: (
    caller: Caller,
    controllerId: string,
    request: ProvisionRequest,
    key?: IdempotencyKey
  ) => Promise<OperationView>
  retire: (
    caller: Caller,
    virtualFunctionId: string,
    key?: IdempotencyKey
  ) => Promise<OperationView>
  /** Brings a function to what is desired of it, whatever the policy of its host. */
  heal: (caller: Caller, functionId: string, key?: IdempotencyKey) => Promise<OperationView>
  /** Makes a VF that somebody else brought online one of nvirt's, as it is. */
  adopt: (
    caller: Caller,
    virtualFunctionId: string,
    key?: IdempotencyKey
  ) => Promise<OperationView>
  /** Safe to repeat; what was given up is tried again. */
  setDriftPolicy: (caller: Caller, hostId: string, policy: DriftPolicy) => Promise<void>
  assign: (
    caller: Caller,
    request: AssignRequest,
    key?: IdempotencyKey
  ) => Promise<OperationView>
  release: (
    caller: Caller,
    assignmentId: string,
    request: ReleaseRequest,
    key?: IdempotencyKey
  ) => Promise<OperationView>
  assignments: (caller: Caller, page: PageRequest) => Page<AssignmentView>
  assignment: (caller: Caller, id: string) => AssignmentView
  operations: (
    caller: Caller,
    filter: { readonly states?: readonly OperationState[] },
    page: PageRequest
  ) => Page<OperationView>
  operation: (caller: Caller, id: string) => OperationView
  wait: (caller: Caller, id: string, timeoutSeconds: number) => Promise<OperationView>
  /** Takes over what a former process left, before anything new may start. */
  resume: () => Promise<void>
  stop: () => Promise<void>
}

/** The same key and request give the same operation; the same key with another request is a conflict. */
export type IdempotencyKey = { readonly key: string; readonly requestHash: string }

export type ProvisionRequest = {
  readonly virtualFunctions: readonly {
    /** I/O queue pairs, at least 1. VQ = this + 1. */
    readonly ioQueuePairs: number
    /** Default: ioQueuePairs + 1, a vector for each queue and the admin queue. */
    readonly interruptVectors?: number
    readonly namespaceIds: readonly string[]
  }[]
  /** Default none. `nvme`: the host's own driver takes the function. */
  readonly driver?: 'none' | 'nvme'
}

export type AssignRequest = {
  /** Exactly one of the two. */
  readonly virtualFunctionId?: string
  readonly controllerId?: string
  /** Which VM this is for: free text, at most 200 characters. */
  readonly consumer: string
}

export type ReleaseRequest = {
  /** Until cleaning exists: frees the function although the data of its last user are still on it. An event says so. */
  readonly acceptUncleaned?: boolean
}

export type OperationView = Omit<OperationRecord, 'owner' | 'leaseUntilMs' | 'fence'> & {
  /** What it works on. */
  readonly subject: { readonly kind: string; readonly id: string }
  /** Steps done of all, 0 to 1. */
  readonly progress: number
}

export type AssignmentView = AssignmentRow & {
  /** Of its function: desired against actual. */
  readonly drift: readonly DriftView[]
}
