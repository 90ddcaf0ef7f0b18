/** The workflows' face: what we do to the hardware. `createWorkflows` (service.ts) implements it. */
import type { Caller } from '../access/caller.ts'
import type { DriftView } from '../inventory/drift/drift-view.ts'
import type { OperationRecord, OperationState, PersonalRequest } from '../saga/operation.ts'
import type { VirtualFunctionPolicy } from '../store/policy-row.ts'
import type { AssignmentRow, DriftPolicy } from '../store/rows.ts'
import type { Plan } from './plan/plan.ts'
import type { ChangeRequest } from './requests/prepare-request.ts'
import type { Acceptable } from './acceptable.ts'
import type { Page, PageRequest } from '../store/store.ts'
import type { VirtualFunctionPolicyView } from './declared/policy-view.ts'

export type { VirtualFunctionPolicy, VirtualFunctionPolicyView }

export interface Workflows {
  /** What the request would do, and everything that speaks against it. Touches nothing; kept for 15 minutes. All throw ControlPlaneError. */
  plan: (caller: Caller, asked: ChangeRequest) => Promise<Plan>
  /**
   * The same request, as its plan says: refused when the world has moved. Its operation has the plan's id, so a plan is
   * run once.
   */
  runPlan: (
    caller: Caller,
    asked: ChangeRequest,
    planId: string,
    key?: IdempotencyKey
  ) => Promise<OperationView>
  /**
   * Answers once the operation is durable, before the hardware is touched; so do those below, which are the same by name. All
   * throw ControlPlaneError.
   */
  begin: (
    caller: Caller,
    asked: ChangeRequest,
    key?: IdempotencyKey
  ) => Promise<OperationView>
  provision: (
    caller: Caller,
    controllerId: string,
    request: ProvisionRequest,
    key?: IdempotencyKey
  ) => Promise<OperationView>
  resizePrimary: (
    caller: Caller,
    controllerId: string,
    request: ResizePrimaryRequest,
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
  /** What is declared, of all controllers or those of a host, ascending by their ids. */
  virtualFunctionPolicies: (
    caller: Caller,
    filter: { readonly hostId?: string },
    page: PageRequest
  ) => Page<VirtualFunctionPolicyView>
  /** What is declared of the VFs of a controller, and how far they are as declared. */
  virtualFunctionPolicy: (caller: Caller, controllerId: string) => VirtualFunctionPolicyView
  /** Safe to repeat; what was given up is tried again. The pools are divided anew. */
  declareVirtualFunctions: (
    caller: Caller,
    controllerId: string,
    request: VirtualFunctionPolicy
  ) => Promise<VirtualFunctionPolicyView>
  /** VFs stay as they are. Answers with what was declared. */
  undeclareVirtualFunctions: (
    caller: Caller,
    controllerId: string
  ) => Promise<VirtualFunctionPolicyView>
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
  /** Before its commit step: it will be undone, whatever becomes of this process. */
  cancel: (caller: Caller, id: string, key?: IdempotencyKey) => Promise<OperationView>
  /** Of one that is stuck: it goes on from where it stuck, with as many attempts as at first. */
  retry: (caller: Caller, id: string, key?: IdempotencyKey) => Promise<OperationView>
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

/** Flexible resources that a primary is to have for itself, 0 to 65535. 0 gives all of them to the pool. */
export type ResizePrimaryRequest = { readonly vq: number; readonly vi: number }

export type AssignRequest = {
  /** Exactly one of the two. */
  readonly virtualFunctionId?: string
  readonly controllerId?: string
  /** Only with controllerId: it goes with these and no others. Default: with whatever is attached to it. */
  readonly namespaceIds?: readonly string[]
  /** Which VM this is for: free text, at most 200 characters. */
  readonly consumer: string
  /** Checks that are not to refuse. Default: none. */
  readonly accept?: readonly Acceptable[]
}

export type ReleaseRequest = {
  /** Frees the function without cleaning it, the data of its last user still on it. An event says so. */
  readonly acceptUncleaned?: boolean
  /**
   * Its namespaces are deleted, and others like them created: for drives whose erase takes too long, by whoever trusts the
   * drive that nothing can be read of what it deallocates. Default: they are erased.
   */
  readonly cleaning?: 'logical'
}

export type OperationView = Omit<
  OperationRecord,
  'owner' | 'leaseUntilMs' | 'fence' | 'retried' | 'cancelRequest'
> & {
  /** What it works on. */
  readonly subject: { readonly kind: string; readonly id: string }
  readonly progress: OperationProgress
  readonly cancelRequest: CancelView | null
  /** What may be asked of it now. */
  readonly allowed: readonly ('cancel' | 'retry')[]
}

export type OperationProgress = {
  readonly stepsDone: number
  readonly stepsTotal: number
  /** 0 to 1: steps done of all, and of the one that runs what it says of itself. */
  readonly fraction: number
}

export type CancelView = PersonalRequest & {
  /** What the undo waits for; `undo`: it runs. null: the operation has ended. */
  readonly waitsFor: 'running-step' | 'blocked-call' | 'undo' | null
}

export type AssignmentView = AssignmentRow & {
  /** Of its function: desired against actual. */
  readonly drift: readonly DriftView[]
  /** Ids of namespaces that its consumer has, as last seen; none when it is over. */
  readonly namespaceIds: readonly string[]
}
