/** What may be asked of an operation once it is there: that it is undone, or tried again. */
import { tenantFilter } from '../access/tenant-filter.ts'
import type { Engine } from '../saga/engine.ts'
import { NotNow } from '../saga/log.ts'
import type { OperationRecord } from '../saga/operation.ts'
import { CannotRun } from '../saga/retry-operation.ts'
import { IdempotencyTaken, type StoreWrite } from '../store/store.ts'
import { requireState, useOfOperation, type OperationUse } from './allowed-from.ts'
import { refused } from './define-workflow.ts'
import { refuseOvertaken } from './overtaken.ts'
import { found, type RequestContext } from './requests/prepared.ts'
import { answeredBy, keyWrites, startedBefore } from './start-once.ts'
import type { IdempotencyKey } from './workflows.ts'

/** @throws ControlPlaneError not-found, wrong-state, idempotency-conflict */
export async function cancelOperation(
  context: RequestContext,
  engine: Engine<StoreWrite>,
  id: string,
  key: IdempotencyKey | undefined
): Promise<OperationRecord> {
  return once(context, id, key, async (record) => {
    const isAsked = record.cancelRequest !== null && useOfOperation(record) === 'undoing'
    if (isAsked) return answeredBy(context, key, record)
    requireAllowed('cancel', record)
    return engine.cancel(id, requestOf(context), keyWrites(context, key, id))
  })
}

/** @throws ControlPlaneError not-found, wrong-state, guard, idempotency-conflict */
export async function retryOperation(
  context: RequestContext,
  engine: Engine<StoreWrite>,
  id: string,
  key: IdempotencyKey | undefined
): Promise<OperationRecord> {
  return once(context, id, key, async (record) => {
    requireAllowed('retry', record)
    const refusals = refuseOvertaken(context.store, record)
    if (refusals.length > 0) throw refused(`trying operation ${id} again`, refusals)
    try {
      return await engine.retry(id, requestOf(context), keyWrites(context, key, id))
    } catch (error) {
      if (error instanceof CannotRun) throw cannotRun(record, error)
      throw error
    }
  })
}

/** The key counts once; what the log says of the state counts more than what was read before. */
async function once(
  context: RequestContext,
  id: string,
  key: IdempotencyKey | undefined,
  ask: (record: OperationRecord) => Promise<OperationRecord>
): Promise<OperationRecord> {
  for (let isAgain = false; ; isAgain = true) {
    const before = startedBefore(context, key)
    if (before) return before
    const { store, caller } = context
    const record = found(store.read.operation(tenantFilter(caller), id), 'operation', id)
    try {
      return await ask(record)
    } catch (error) {
      const isOvertaken = error instanceof NotNow || error instanceof IdempotencyTaken
      if (!isOvertaken || isAgain) throw error
    }
  }
}

function requireAllowed(request: 'cancel' | 'retry', record: OperationRecord): void {
  const use = useOfOperation(record)
  requireState(request, 'operation', record.id, use, REMEDIES[request][use])
}

const REMEDIES: Readonly<
  Record<'cancel' | 'retry', Readonly<Partial<Record<OperationUse, string>>>>
> = {
  cancel: {
    committed:
      'Its commit step has begun, so it only goes forward: wait until it has ended',
    undoing: 'It is being undone already: wait until it has ended',
  },
  retry: {
    undone: 'It has left everything as it was found: make a new request',
    succeeded: 'It has done what it was asked for: make a new request for more',
  },
}

function requestOf({ caller, at }: RequestContext) {
  return { actor: caller.actor, at }
}

function cannotRun({ id, workflow, version }: OperationRecord, cause: CannotRun) {
  const refusal = {
    check: 'unknown-version',
    device: id,
    reason: `this nvirt cannot run ${workflow} version ${version} of operation ${id}`,
    remedy:
      'Start the nvirt that has it, or look at its functions and ask for what is needed.',
  }
  return refused(`trying operation ${id} again`, [refusal], cause)
}
