/** From a request for resources of a primary's own to an operation that resizes it. */
import { ControlPlaneError, type Refusal } from '../../errors.ts'
import { refusalsOfPrimary, type PrimaryBudgetRefusal } from '../../nvme/primary-budget.ts'
import type { ControllerRow } from '../../store/rows.ts'
import { useOfController } from '../allowed-from.ts'
import { refused } from '../define-workflow.ts'
import { expectedController } from '../guards/identity.ts'
import { inWords, refuseResizing, refuseSilent } from '../guards/resizing.ts'
import { refuseTakingDown } from '../guards/taking-down.ts'
import { asker, type Ask } from '../host-session.ts'
import { RESIZE, type ResizeParams } from '../resize-params.ts'
import type { ResizePrimaryRequest } from '../workflows.ts'
import {
  asked,
  found,
  invalid,
  requireFree,
  requireLive,
  requireUse,
  type Prepared,
  type RequestContext,
} from './prepared.ts'

/** NR, a field of 16 bits. */
const MOST = 0xffff

/** @throws ControlPlaneError not-found, invalid, conflict, wrong-state, insufficient-resources, guard, host-away */
export async function prepareResize(
  context: RequestContext,
  controllerId: string,
  { vq, vi }: ResizePrimaryRequest
): Promise<Prepared> {
  const { store } = context
  const row = found(store.read.controller(controllerId), 'controller', controllerId)
  requireCount('vq', vq)
  requireCount('vi', vi)
  requireFree(context, row.id, row.address, 'exclusive')
  const params: ResizeParams = {
    hostId: row.hostId,
    subject: { kind: 'controller', id: row.id },
    holds: { exclusive: [row.id], shared: [] },
    controllerId: row.id,
    primary: expectedController(row),
    wanted: { vq, vi },
  }
  const pass = (check: (ask: Ask) => Promise<readonly Refusal[]>) =>
    requireLive(context, row.hostId, row.address, check)
  const use = useOfController(store, row)
  // Whose VFs they are says more than that there are some.
  if (use === 'divided') await pass((ask) => refuseTakingDown(ask, store, params))
  requireUse(context, 'resizePrimary', 'controller', row.id, use)
  requirePrimary(row)
  await pass((ask) => refuseSilent(ask, params))
  await requireBudget(context, params)
  await pass((ask) => refuseResizing(ask, store, params))
  return { workflow: RESIZE, params, writes: () => [] }
}

function requireCount(field: string, count: number): void {
  if (Number.isInteger(count) && count >= 0 && count <= MOST) return
  throw invalid(field, `must be a whole number from 0 to ${MOST}`)
}

/** Shared with declared/. @throws ControlPlaneError guard */
export function requirePrimary({ address, observation }: ControllerRow): void {
  if (observation.sriov !== null) return
  throw refused(`looking at ${address}`, [
    {
      check: 'not-a-primary',
      device: address,
      reason: `${address} has no SR-IOV, so it shares nothing with secondary controllers`,
      remedy: 'Ask for a controller that has SR-IOV.',
    },
  ])
}

/** @throws ControlPlaneError insufficient-resources, invalid, guard, host-away */
async function requireBudget(
  { hosts }: RequestContext,
  { hostId, primary, wanted }: ResizeParams
): Promise<void> {
  const pf = primary.address
  const pools = await asked(pf, () => asker(hosts, hostId)({ read: 'primary', pf }))
  const [first] = refusalsOfPrimary(pools, wanted)
  if (first) throw refusedBudget(pf, first)
}

function refusedBudget(device: string, refusal: PrimaryBudgetRefusal): ControlPlaneError {
  const { resource, requested } = refusal
  const insufficient = (available: number) =>
    new ControlPlaneError(`planning the ${resource.toUpperCase()} of ${device} itself`, {
      kind: 'insufficient-resources',
      device,
      resource,
      requested,
      available,
    })
  switch (refusal.refused) {
    case 'not-flexible':
      return insufficient(0)
    case 'above-total':
      return insufficient(refusal.maximum)
    case 'not-free':
      return insufficient(refusal.available)
    case 'below-minimum':
    case 'granularity':
      return invalid(resource, `cannot be ${requested}: ${inWords(refusal)}`)
  }
}
