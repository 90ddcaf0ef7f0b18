/** Do the pools suffice? Asked of the drive, less what operations that have begun will still take. */
import { ControlPlaneError } from '../../errors.ts'
import { refusalsOf } from '../../nvme/budget.ts'
import type { DivisionRefusal } from '../../nvme/divide-pool.ts'
import type {
  FlexibleKind,
  FlexibleResources,
  PrimaryCapabilities,
  SecondaryController,
} from '../../nvme/secondary-controller.ts'
import type { ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import { expectedController } from '../guards/identity.ts'
import { asker } from '../host-session.ts'
import { openOperations } from '../open-operations.ts'
import { wantedBy } from '../provision-params.ts'
import { asked, invalid, type RequestContext } from './prepared.ts'

/** @throws ControlPlaneError insufficient-resources, invalid, guard, host-away */
export async function requireBudget(
  context: RequestContext,
  controller: ControllerRow,
  wanted: readonly FlexibleResources[],
  chosen: readonly VirtualFunctionRow[]
): Promise<void> {
  const pf = expectedController(controller).address
  const live = await livePools(context, controller)
  const returned = heldTogether(
    live.secondaries,
    chosen.map(({ cntlid }) => cntlid)
  )
  const coming = comingTogether(context, controller.id, live.secondaries)
  const refusals = refusalsOf(live.primary, wanted, {
    vq: returned.vq - coming.vq,
    vi: returned.vi - coming.vi,
  })
  const [first] = refusals
  if (first) throw refusedBudget(pf, first, live.primary)
}

/** Shared with declared/. @throws ControlPlaneError guard, host-away */
export async function livePools({ hosts }: RequestContext, controller: ControllerRow) {
  const pf = expectedController(controller).address
  const ask = asker(hosts, controller.hostId)
  return asked(pf, async () => ({
    primary: await ask({ read: 'primary', pf }),
    ...(await ask({ read: 'secondaries', pf })),
  }))
}

/** Shared with declared/. */
export function heldTogether(
  secondaries: readonly SecondaryController[],
  cntlids: readonly number[]
): FlexibleResources {
  const held = secondaries.filter(({ cntlid }) => cntlids.includes(cntlid))
  return sum(held.map((secondary) => secondary.held))
}

/**
 * Other operations' VFs will have what they want, and hold a part of it now; so will those that are provisioned and have
 * lost it, to a reset or a reboot. Shared with declared/.
 *
 * @param own ids of VFs that do not count
 */
export function comingTogether(
  { store }: RequestContext,
  controllerId: string,
  secondaries: readonly SecondaryController[],
  own: readonly string[] = []
): FlexibleResources {
  const wanted = openOperations(store).flatMap((each) => wantedBy(each, [controllerId]))
  const row = store.read.controller(controllerId)
  const standing = (row ? store.read.inventoryOf(row.hostId).virtualFunctions : [])
    .filter((vf) => vf.controllerId === controllerId)
    .flatMap(({ id, cntlid, provisioned }) =>
      provisioned && provisioned.quarantine === undefined
        ? [{ id, cntlid, vq: provisioned.vq, vi: provisioned.vi }]
        : []
    )
  const others = [...wanted, ...standing].filter(({ id }) => !own.includes(id))
  return sum(
    others.map(({ cntlid, vq, vi }) => {
      const held = heldTogether(secondaries, [cntlid])
      return { vq: Math.max(0, vq - held.vq), vi: Math.max(0, vi - held.vi) }
    })
  )
}

function sum(resources: readonly FlexibleResources[]): FlexibleResources {
  const total = (kind: FlexibleKind) =>
    resources.reduce((so, resource) => so + resource[kind], 0)
  return { vq: total('vq'), vi: total('vi') }
}

/** Shared with declared/. @param field of the request that is wrong where it is not the pools that do not suffice */
export function refusedBudget(
  device: string,
  refusal: DivisionRefusal,
  pools: PrimaryCapabilities,
  field = 'virtualFunctions'
): ControlPlaneError {
  const { resource } = refusal
  const insufficient = (requested: number, available: number, heldByPrimary = 0) =>
    new ControlPlaneError(`planning the ${resource.toUpperCase()} of ${device}`, {
      kind: 'insufficient-resources',
      device,
      resource,
      requested,
      available: Math.max(0, available),
      ...(heldByPrimary > 0 && { heldByPrimary }),
    })
  switch (refusal.refused) {
    case 'not-flexible':
      return insufficient(1, 0)
    case 'above-secondary-maximum':
      return insufficient(refusal.requested, refusal.maximum)
    case 'not-free':
      return insufficient(refusal.requested, refusal.available, pools[resource].primary)
    case 'below-minimum':
      return invalid(field, `needs at least ${refusal.minimum} ${resource}`)
    case 'granularity':
      return invalid(
        field,
        `${resource} must be a multiple of ${refusal.granularity}, not ${refusal.requested}`
      )
    case 'no-multiple': {
      const { granularity, minimum, maximum } = refusal
      return invalid(
        field,
        `leaves no multiple of ${granularity} ${resource} from ${minimum} to ${maximum}`
      )
    }
  }
}
