/** Starting an operation, once for each Idempotency-Key. */
import { tenantFilter } from '../access/tenant-filter.ts'
import { ControlPlaneError } from '../errors.ts'
import type { Engine } from '../saga/engine.ts'
import type { OperationRecord } from '../saga/operation.ts'
import { IdempotencyTaken, type StoreWrite } from '../store/store.ts'
import { found, type Prepared, type RequestContext } from './requests/prepared.ts'
import type { IdempotencyKey } from './workflows.ts'

/**
 * The operation that the key has started already; undefined when there is none, or no key.
 *
 * @throws ControlPlaneError idempotency-conflict
 */
export function startedBefore(
  { store, caller }: RequestContext,
  key: IdempotencyKey | undefined
): OperationRecord | undefined {
  const taken = key && store.read.idempotencyKey(caller.tenant, key.key)
  if (!key || !taken) return undefined
  const { operationId } = taken
  // The request says where it goes, so that what was answered without an operation was another one.
  if (taken.requestHash !== key.requestHash || operationId === null) {
    throw new ControlPlaneError(`starting again with Idempotency-Key ${key.key}`, {
      kind: 'idempotency-conflict',
      key: key.key,
    })
  }
  return found(
    store.read.operation(tenantFilter(caller), operationId),
    'operation',
    operationId
  )
}

/** Durable when resolved, the key with it: starting an operation. */
export async function begin(
  context: RequestContext,
  engine: Engine<StoreWrite>,
  prepared: Prepared,
  key: IdempotencyKey | undefined
): Promise<OperationRecord> {
  const { caller, newId } = context
  const id = newId()
  const { workflow, params } = prepared
  const operation = { id, workflow, params, actor: caller.actor, tenant: caller.tenant }
  try {
    return await engine.start(operation, [
      ...prepared.writes(id),
      ...keyWrites(context, key, id),
    ])
  } catch (error) {
    return beforeOr(error, context, key)
  }
}

/**
 * What is there already is the answer, and what the key stands for from now on. Durable when resolved.
 *
 * @throws ControlPlaneError idempotency-conflict
 */
export async function answeredBy(
  context: RequestContext,
  key: IdempotencyKey | undefined,
  record: OperationRecord
): Promise<OperationRecord> {
  if (!key) return record
  try {
    await context.store.commit(keyWrites(context, key, record.id))
    return record
  } catch (error) {
    return beforeOr(error, context, key)
  }
}

/** Of two requests with the same key one is second, however close they come. @throws the error, if it is another */
function beforeOr(
  error: unknown,
  context: RequestContext,
  key: IdempotencyKey | undefined
): OperationRecord {
  const before = error instanceof IdempotencyTaken && startedBefore(context, key)
  if (before) return before
  throw error
}

/** To be written with what the key stands for. */
export function keyWrites(
  { caller, at }: RequestContext,
  key: IdempotencyKey | undefined,
  operationId: string
): readonly StoreWrite[] {
  if (!key) return []
  const { tenant } = caller
  return [{ write: 'putIdempotencyKey', tenant, ...key, operationId, at }]
}
