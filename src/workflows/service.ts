/** What may be asked of the hardware: requests become operations here, one at a time for each subsystem. */
import { SYSTEM, type Caller } from '../access/caller.ts'
import { tenantFilter } from '../access/tenant-filter.ts'
import { isoTime, type Clock } from '../clock.ts'
import { tellingOfOperations } from '../events/operation-events.ts'
import type { Hosts } from '../host/hosts.ts'
import type { InHand } from '../inventory/in-hand.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { FlexibleResources } from '../nvme/secondary-controller.ts'
import type { Engine } from '../saga/engine.ts'
import { isTerminal, type OperationRecord } from '../saga/operation.ts'
import type { RetryPolicy } from '../saga/retry-policy.ts'
import { createEngine } from '../saga/run-engine.ts'
import type { WorkflowDefinition } from '../saga/workflow.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import { storeLog } from '../store/store-log.ts'
import { cancelOperation, retryOperation } from './ask-of-operation.ts'
import { assignmentViews } from './assignment-view.ts'
import type { Surroundings } from './define-workflow.ts'
import { workflowsIn } from './definitions.ts'
import { createCaretaker } from './caretaker/caretaker.ts'
import { prepareWork } from './caretaker/prepare-work.ts'
import { policyWrites } from './caretaker/policy-writes.ts'
import { stillToDo } from './caretaker/work-now.ts'
import { createPolicies } from './declared/policies.ts'
import { functionsInHand } from './functions-in-hand.ts'
import { hostsAtWork } from './hosts-at-work.ts'
import { heldBy, hostOf } from './open-operations.ts'
import { operationView } from './operation-view.ts'
import { pendingAllocations } from './pending-primary.ts'
import {
  controllerOf,
  prepareRequest,
  type ChangeRequest,
} from './requests/prepare-request.ts'
import {
  found,
  requireFree,
  requireOperator,
  type RequestContext,
} from './requests/prepared.ts'
import { answeredBy, begin, startedBefore } from './start-once.ts'
import { createPlans } from './plan/plans.ts'
import { createTurns } from './turns.ts'
import type { IdempotencyKey, OperationView, Workflows } from './workflows.ts'

export type WorkflowsOptions = {
  readonly hosts: Hosts
  readonly store: Store
  readonly inventory: Inventory
  readonly clock: Clock
  /** UUIDv7. */
  readonly newId: () => string
  /** This process: no other has, or has had, the same. */
  readonly owner: string
  /** For each kernel call, until it is reported blocked. Default 5 s. */
  readonly deadlineMs?: number
  readonly retry?: Partial<RetryPolicy>
  readonly leaseMs?: number
  /** The former process is known to be dead: what it left is taken over at once. */
  readonly takeOverAll?: boolean
  /**
   * When `resume` has taken over what a former process left, which holds its functions then: requests wait for it, so that
   * the door can be open before. Default: none waits.
   */
  readonly opening?: Promise<void>
  /** Brings back what a reboot took away, and heals drift where the policy says so. Default: only what is asked for is done. */
  readonly tends?: boolean
  /** What went wrong where nobody waits. */
  readonly onTrouble?: (doing: string, error: unknown) => void
  /** Stands between a workflow and the engine: tests of workflows run every undo twice. */
  readonly adapt?: (
    workflow: WorkflowDefinition<StoreWrite>
  ) => WorkflowDefinition<StoreWrite>
}

export interface RunningWorkflows extends Workflows {
  /** The open operation that holds a function; null: none does. */
  readonly changing: (functionId: string) => string | null
  /** What open operations may change of a function. */
  readonly inHand: (functionId: string) => InHand
  /** An operation of the host has just begun or ended a step: it has not ended, and waits for nobody. */
  readonly isBeingChanged: (hostId: string) => boolean
  /** Allocated to a primary, and in force only after its next reset; null: nothing that is known. */
  readonly pendingPrimary: (controllerId: string) => FlexibleResources | null
  /** After each scan of a host. */
  readonly tend: (hostId: string) => void
}

export function createWorkflows(options: WorkflowsOptions): RunningWorkflows {
  const { store, clock, hosts, newId } = options
  const { read } = store
  const around = surroundingsOf(options)
  const engine = engineOf(options, around)
  const hands = functionsInHand(store)
  engine.onChange(hands.note)
  const atWork = hostsAtWork(clock)
  engine.onChange(atWork.note)
  const pending = pendingAllocations(store)
  engine.onChange(pending.note)
  const turns = createTurns()
  const plans = createPlans(around, newId)
  const onTrouble = (error: unknown) => options.onTrouble?.('looking after a host', error)
  const caretaker = createCaretaker({
    store,
    clock,
    changing: hands.holderOf,
    begin: (seen, tried) =>
      turns.take(lineOf(store, seen.controllerId), async () => {
        await options.opening
        const now = stillToDo(store, seen)
        if (!now) return undefined
        const { functionId, tenant } = now.work
        const caller = { ...SYSTEM, tenant }
        const context = { store, hosts, caller, at: isoTime(clock.nowMs()), newId }
        requireFree(context, functionId, functionId, 'exclusive')
        const prepared = prepareWork(context, now.work, now.inventory, tried)
        return begin(context, engine, prepared, undefined)
      }),
    onTrouble,
  })
  const tend = (hostId: string) => {
    if (options.tends) caretaker.tend(hostId)
  }
  engine.onChange(({ state, params }) => {
    const hostId = isTerminal(state) ? hostOf(params) : undefined
    if (hostId === undefined) return
    options.inventory.assess(hostId).then(() => tend(hostId), onTrouble)
  })

  const contextOf = (caller: Caller): RequestContext => ({
    store,
    hosts,
    caller,
    at: isoTime(clock.nowMs()),
    newId,
  })

  async function start(
    caller: Caller,
    key: IdempotencyKey | undefined,
    asked: ChangeRequest,
    planId?: string
  ): Promise<OperationView> {
    requireOperator(caller)
    await options.opening
    const context = contextOf(caller)
    const line = lineOf(store, controllerOf(context, asked))
    const record = await turns.take(
      line,
      async () =>
        startedBefore(context, key) ??
        (planId === undefined
          ? await begin(context, engine, await prepareRequest(context, asked), key)
          : await beginPlanned(context, asked, planId, key))
    )
    return operationView(record)
  }

  async function beginPlanned(
    context: RequestContext,
    asked: ChangeRequest,
    planId: string,
    key: IdempotencyKey | undefined
  ): Promise<OperationRecord> {
    const planned = await plans.prepare(context.caller, asked, planId)
    if ('id' in planned) return answeredBy(context, key, planned)
    return begin({ ...context, newId: () => planId }, engine, planned, key)
  }
  const policies = createPolicies({
    contextOf,
    changing: hands.holderOf,
    inLine: (controllerId, work) => turns.take(lineOf(store, controllerId), work),
    tend,
  })

  const primaryOf = (id: string) => read.virtualFunction(id)?.controllerId ?? id

  const operation = (caller: Caller, id: string) =>
    found(read.operation(tenantFilter(caller), id), 'operation', id)

  return {
    plan: async (caller, asked) => {
      requireOperator(caller)
      return plans.make(caller, asked)
    },
    runPlan: (caller, asked, planId, key) => start(caller, key, asked, planId),
    begin: (caller, asked, key) => start(caller, key, asked),
    provision: (caller, controllerId, request, key) =>
      start(caller, key, { ask: 'provision', controllerId, request }),
    resizePrimary: (caller, controllerId, request, key) =>
      start(caller, key, { ask: 'resizePrimary', controllerId, request }),
    retire: (caller, virtualFunctionId, key) =>
      start(caller, key, { ask: 'retire', virtualFunctionId }),
    heal: (caller, functionId, key) => start(caller, key, { ask: 'heal', functionId }),
    adopt: (caller, virtualFunctionId, key) =>
      start(caller, key, { ask: 'adopt', virtualFunctionId }),
    setDriftPolicy: async (caller, hostId, policy) => {
      requireOperator(caller)
      found(read.host(hostId), 'host', hostId)
      const at = isoTime(clock.nowMs())
      await store.commit(policyWrites(store, { caller, hostId, policy, at }))
      tend(hostId)
    },
    ...policies,
    assign: (caller, request, key) => start(caller, key, { ask: 'assign', request }),
    release: (caller, assignmentId, request, key) =>
      start(caller, key, { ask: 'release', assignmentId, request }),
    assignments: (caller, page) => {
      const { items, next } = read.assignments(tenantFilter(caller), page)
      return { items: items.map(assignmentViews(read, hands.holderOf)), next }
    },
    assignment: (caller, id) =>
      assignmentViews(
        read,
        hands.holderOf
      )(found(read.assignment(tenantFilter(caller), id), 'assignment', id)),
    operations: (caller, filter, page) => {
      const { items, next } = read.operations(
        { ...filter, tenant: tenantFilter(caller) },
        page
      )
      return { items: items.map(operationView), next }
    },
    operation: (caller, id) => operationView(operation(caller, id)),
    wait: async (caller, id, timeoutSeconds) => {
      const before = operation(caller, id)
      const record = await engine.wait(id, timeoutSeconds * 1000)
      return operationView(record ?? before)
    },
    cancel: async (caller, id, key) => {
      requireOperator(caller)
      await options.opening
      return operationView(await cancelOperation(contextOf(caller), engine, id, key))
    },
    retry: async (caller, id, key) => {
      requireOperator(caller)
      await options.opening
      const { exclusive } = heldBy(operation(caller, id).params).holds
      const line = lineOf(store, primaryOf(exclusive[0] ?? id))
      return turns.take(line, async () =>
        operationView(await retryOperation(contextOf(caller), engine, id, key))
      )
    },
    resume: async () => {
      await engine.resume()
    },
    stop: async () => {
      await caretaker.stop()
      await engine.stop()
    },
    tend,
    changing: hands.holderOf,
    inHand: hands.of,
    isBeingChanged: atWork.isAtWork,
    pendingPrimary: pending.of,
  }
}

/** Requests of one line are looked at one after the other: VFs share their primary's pool, controllers their namespaces. */
function lineOf({ read }: Store, controllerId: string): string {
  const row = read.controller(controllerId)
  return row ? `${row.subsystemNqn} ${row.serial}` : controllerId
}

function surroundingsOf(options: WorkflowsOptions): Surroundings {
  const { hosts, store, inventory, clock, deadlineMs = 5_000 } = options
  return { hosts, store, inventory, clock, deadlineMs }
}

function engineOf(options: WorkflowsOptions, around: Surroundings): Engine<StoreWrite> {
  const { store, clock, owner, retry, leaseMs, takeOverAll } = options
  const workflows = workflowsIn(around)
  return createEngine({
    log: storeLog(tellingOfOperations(store)),
    workflows: options.adapt ? workflows.map(options.adapt) : workflows,
    clock,
    owner,
    ...(retry && { retry }),
    ...(leaseMs !== undefined && { leaseMs }),
    ...(takeOverAll !== undefined && { takeOverAll }),
    ...(options.onTrouble && { onTrouble: options.onTrouble }),
  })
}
