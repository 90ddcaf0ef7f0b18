/** May a primary get so many resources of its own, and may it be reset for that? */
import type { Refusal } from '../../errors.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { refusalsOfPrimary, type PrimaryBudgetRefusal } from '../../nvme/primary-budget.ts'
import type { FlexibleResources } from '../../nvme/secondary-controller.ts'
import type { Store } from '../../store/store.ts'
import type { Ask } from '../host-session.ts'
import type { ResizeParams } from '../resize-params.ts'
import { driveTarget, refuseOther } from './identity.ts'
import { refuseTakingDown } from './taking-down.ts'
import { refuseUsedThrough } from './usage.ts'

/** Read by the request too. */
export async function refuseResizing(
  ask: Ask,
  store: Store,
  p: ResizeParams
): Promise<readonly Refusal[]> {
  const pf = p.primary.address
  const silent = await refuseSilent(ask, p)
  if (silent.length > 0) return silent
  return [
    ...(await refuseResetting(ask, store, p)),
    ...(await refuseOtherReset(ask, pf)),
    ...(await refuseBudget(ask, pf, p.wanted)),
  ]
}

/** Nothing else can be asked of a primary that is another one, or that nvme does not have. */
export async function refuseSilent(
  ask: Ask,
  { primary }: Pick<ResizeParams, 'primary'>
): Promise<readonly Refusal[]> {
  const other = await refuseOther(ask, driveTarget(primary))
  return other.length > 0 ? other : refuseWithoutHostDriver(ask, primary.address)
}

/**
 * All that a reset would take down, or interrupt: no file system, swap or array of the host may depend on the primary,
 * even where there is another path to its namespaces, since whether that one serves cannot be told beforehand.
 */
export async function refuseResetting(
  ask: Ask,
  store: Store,
  p: ResizeParams
): Promise<readonly Refusal[]> {
  return [
    ...(await refuseTakingDown(ask, store, p)),
    ...(await refuseUsedThrough(ask, p.primary.address)),
  ]
}

async function refuseWithoutHostDriver(
  ask: Ask,
  pf: PciAddress
): Promise<readonly Refusal[]> {
  const { driver } = await ask({ read: 'binding', fn: pf })
  if (driver === 'nvme') return []
  return [
    {
      check: 'not-on-host-driver',
      device: pf,
      reason: `${pf} is bound to ${driver ?? 'no driver'}, and only nvme can ask its controller`,
      remedy: `Release ${pf}, or bind it to nvme.`,
    },
  ]
}

/** A bus reset would hit what else is behind the bridge; a kernel that does not say what it would do is not asked to. */
async function refuseOtherReset(ask: Ask, pf: PciAddress): Promise<readonly Refusal[]> {
  const { methods } = await ask({ read: 'resetMethods', fn: pf })
  if (methods?.[0] === 'flr') return []
  const would = methods === null ? 'in a way that it does not tell' : wayOf(methods)
  return [
    {
      check: 'no-function-level-reset',
      device: pf,
      reason: `the kernel would reset ${pf} ${would}, and only a Function Level Reset is sure to reach no further`,
      remedy: `Put flr first in reset_method of ${pf}.`,
    },
  ]
}

function wayOf([first]: readonly string[]): string {
  return first === undefined ? 'not at all' : `by "${first}"`
}

async function refuseBudget(
  ask: Ask,
  pf: PciAddress,
  wanted: FlexibleResources
): Promise<readonly Refusal[]> {
  const pools = await ask({ read: 'primary', pf })
  return refusalsOfPrimary(pools, wanted).map((refusal) => ({
    check: 'primary-resources',
    device: pf,
    reason: `${pf} cannot have ${refusal.requested} ${refusal.resource.toUpperCase()} of its own: ${inWords(refusal)}`,
    remedy: 'Ask for another number.',
  }))
}

export function inWords(refusal: PrimaryBudgetRefusal): string {
  switch (refusal.refused) {
    case 'not-flexible':
      return 'none can be moved'
    case 'below-minimum':
      return `it needs at least ${refusal.minimum} to serve its host`
    case 'above-total':
      return `there are ${refusal.maximum}`
    case 'granularity':
      return `they are given in multiples of ${refusal.granularity}`
    case 'not-free':
      return `secondary controllers leave ${refusal.available}`
  }
}
