/** What a request becomes when nothing speaks against it: an operation to be started, and the rows that go with it. */
import type { Caller } from '../../access/caller.ts'
import { tenantFilter } from '../../access/tenant-filter.ts'
import { ControlPlaneError, type Refusal } from '../../errors.ts'
import { HostDriverError } from '../../host/driver.ts'
import type { Hosts } from '../../host/hosts.ts'
import type { Json } from '../../saga/workflow.ts'
import type { Store, StoreWrite } from '../../store/store.ts'
import { requireState } from '../allowed-from.ts'
import { refused } from '../define-workflow.ts'
import { asker, HostBlocked, type Ask } from '../host-session.ts'
import { heldBy, openOperations } from '../open-operations.ts'

export type RequestContext = {
  readonly store: Store
  readonly hosts: Hosts
  readonly caller: Caller
  /** RFC 3339. */
  readonly at: string
  /** UUIDv7. */
  readonly newId: () => string
  /** For a plan: what speaks against the request is noted, and the rest looked at too. Absent: the first ends it. */
  readonly object?: (error: ControlPlaneError) => void
}

export type Prepared = {
  readonly workflow: string
  readonly params: Json
  readonly writes: (operationId: string) => readonly StoreWrite[]
}

/** @throws ControlPlaneError not-found */
export function found<Row>(row: Row | undefined, resource: string, id: string): Row {
  if (row !== undefined) return row
  throw new ControlPlaneError(`looking for ${resource} ${id}`, {
    kind: 'not-found',
    resource,
    id,
  })
}

export function invalid(field: string, reason: string): ControlPlaneError {
  return new ControlPlaneError(`reading ${field}`, { kind: 'invalid', field, reason })
}

/** @throws ControlPlaneError conflict, when an open operation decides about the function already */
export function requireFree(
  context: RequestContext,
  functionId: string,
  device: string,
  want: 'exclusive' | 'shared'
): void {
  for (const { id: operationId, params } of openOperations(context.store)) {
    const { exclusive, shared } = heldBy(params).holds
    const isHeld = exclusive.includes(functionId)
    if (!isHeld && !(want === 'exclusive' && shared.includes(functionId))) continue
    object(
      context,
      new ControlPlaneError(`${device} is held by operation ${operationId}`, {
        kind: 'conflict',
        device,
        operationId,
      })
    )
  }
}

/** @throws ControlPlaneError wrong-state */
export function requireUse(
  context: RequestContext,
  ...of: Parameters<typeof requireState>
): void {
  noting(context, () => requireState(...of))
}

/** For a plan, what a check throws is noted like the rest. @throws ControlPlaneError otherwise */
export function noting(context: RequestContext, check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof ControlPlaneError)) throw error
    object(context, error)
  }
}

function object(context: RequestContext, error: ControlPlaneError): void {
  if (!context.object) throw error
  context.object(error)
}

/** @throws ControlPlaneError forbidden, when it is another tenant's and the caller is no admin */
export function requireOwn(
  { caller }: RequestContext,
  device: string,
  tenant: string
): void {
  const visible = tenantFilter(caller)
  if (visible === null || visible === tenant) return
  throw forbidden(`${device} belongs to another tenant`)
}

/** @throws ControlPlaneError forbidden */
export function requireOperator({ roles, actor }: Caller): void {
  if (roles.includes('operator') || roles.includes('admin')) return
  throw forbidden(`${actor} may look, and change nothing`)
}

function forbidden(reason: string): ControlPlaneError {
  return new ControlPlaneError(reason, { kind: 'forbidden', reason })
}

/**
 * The guards of the operation, asked before it is started, so that whoever asks is told at once. The operation asks
 * them again.
 *
 * @throws ControlPlaneError guard, host-away
 */
export async function requireLive(
  context: RequestContext,
  hostId: string,
  device: string,
  check: (ask: Ask) => Promise<readonly Refusal[]>
): Promise<void> {
  const refusals = await asked(device, () => check(asker(context.hosts, hostId)))
  if (refusals.length > 0) object(context, refused(`looking at ${device}`, refusals))
}

/** What a host answers to a request, or why it does not. @throws ControlPlaneError guard, host-away */
export async function asked<Answer>(
  device: string,
  question: () => Promise<Answer>
): Promise<Answer> {
  try {
    return await question()
  } catch (error) {
    const refusal = refusalOf(device, error)
    if (refusal) throw refused(`looking at ${device}`, [refusal])
    throw error
  }
}

export function refusalOf(device: string, error: unknown): Refusal | undefined {
  if (error instanceof HostBlocked) {
    const { call, since } = error.report
    return {
      check: 'function-blocked',
      device,
      reason: `${device} does not answer: ${call} has not come back since ${since}`,
      remedy: 'Wait until it has; an operation that is blocked says by whom.',
    }
  }
  if (!(error instanceof HostDriverError)) return undefined
  return {
    check: error.failure.kind === 'gone' ? 'function-gone' : 'function-unreadable',
    device,
    reason: error.message,
    remedy: 'Rescan the host and look at the function.',
  }
}
