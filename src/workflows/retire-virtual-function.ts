/**
 * Gives a VF back to its primary's pool. Commit step: taking it offline, which gives up its resources; before that the
 * host's driver lets go of it, and can have it again.
 */
import type { Refusal } from '../errors.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { attachExactly, detachThese } from './attachments.ts'
import { change, ifThere } from './change-row.ts'
import {
  defineWorkflow,
  guard,
  observe,
  type Row,
  type Surroundings,
  type Turn,
} from './define-workflow.ts'
import { refuseBound } from './guards/binding.ts'
import { refuseHeldGroup } from './guards/group.ts'
import { driveTarget, functionTarget, isThere, refuseOther } from './guards/identity.ts'
import { refuseOnline, refuseOnlineSince } from './guards/secondary.ts'
import { refuseDetaching, refuseUsedThrough } from './guards/usage.ts'
import {
  halfRetired,
  TAKE_OFFLINE,
  retiringAgain,
  RETURN_TO_POOL,
  retirementEvent,
} from './half-retired.ts'
import type { Ask } from './host-session.ts'
import { Binding, outputOf } from './logged-shapes.ts'
import { look, type Move } from './moves.ts'
import { rebind } from './rebind.ts'
import { rescan } from './rescan.ts'
import { primaryLock, refuseLast, restoreSriov } from './restore-sriov.ts'
import { RETIRE, retireParams, targetOf, type RetireParams } from './retire-params.ts'
import { untilUnused } from './wait-for-users.ts'

export function retireVirtualFunction(around: Surroundings) {
  return defineWorkflow<RetireParams>(around, {
    name: RETIRE,
    version: 1,
    params: retireParams,
    locks: ({ virtualFunctionId }) => [`function:${virtualFunctionId}`],
    steps: (p) => [
      guard('check-function', (turn) => refuseRetiring(turn, p)),
      ...(p.fn === null ? [] : releaseDriver(p, p.fn)),
      takeOffline(p),
      detachNamespaces(p),
      ...(p.fn === null ? [] : [clearOverride(p, p.fn)]),
      returnToPool(p),
      restorePrimary(p),
      rescan(p.hostId),
    ],
    onStuck: (p, end) => halfRetired(around.store, p, end),
    onRetried: (p, end) => retiringAgain(around.store, p, end),
  })
}

/** Read by the request too. */
export async function refuseRetiring(
  turn: Pick<Turn, 'ask' | 'store'>,
  p: RetireParams
): Promise<readonly Refusal[]> {
  const { ask } = turn
  const other = await refuseOther(ask, targetOf(p))
  if (other.length > 0) return other
  const fetched = await refuseFetched(ask, p)
  return [
    ...fetched,
    ...(p.fn === null ? [] : await refuseInUse(ask, p.fn)),
    ...(await refuseLast(turn, p, p.virtualFunctionId)),
  ]
}

/** What a release left with the host, and the host has mounted since. */
async function refuseFetched(
  ask: Ask,
  { primary, fetched }: RetireParams
): Promise<readonly Refusal[]> {
  if (!fetched) return []
  return refuseDetaching(ask, primary.address, fetched.cntlid, fetched.nsids)
}

function takeFetched({ primary, fetched }: RetireParams): readonly Move[] {
  return fetched ? [detachThese(primary.address, fetched.cntlid, fetched.nsids)] : []
}

/** Shared with restore-virtual-function.ts. */
export async function refuseInUse(ask: Ask, fn: PciAddress): Promise<readonly Refusal[]> {
  const { driver } = await ask({ read: 'binding', fn })
  if (driver === null) return []
  return driver === 'vfio-pci' ? refuseHeldGroup(ask, fn) : refuseUsedThrough(ask, fn)
}

function releaseDriver(p: RetireParams, fn: PciAddress): readonly Row[] {
  return [
    observe('record-binding', async ({ ask }) => ({
      output: await ask({ read: 'binding', fn }),
    })),
    guard('not-in-use', (turn) => refuseRetiring(turn, p)),
    change('unbind', {
      on: targetOf(p),
      guard: ({ ask }) => refuseInUse(ask, fn),
      do: [{ change: 'unbind', fn }],
      undo: (turn) =>
        rebind(fn, outputOf(Binding, turn.outputs, 'record-binding'), [
          untilUnused(turn, fn),
        ]),
    }),
  ]
}

function takeOffline(p: RetireParams): Row {
  const { primary, cntlid, controllerId } = p
  return change(TAKE_OFFLINE, {
    commit: true,
    on: driveTarget(primary),
    locks: [primaryLock(controllerId)],
    guard: async (turn) => [
      ...(await refuseTaken(turn.ask, p)),
      ...(await refuseLast(turn, p, p.virtualFunctionId)),
    ],
    do: [{ change: 'takeOffline', pf: primary.address, cntlid }],
  })
}

/**
 * Whoever took it since must not have its controller taken away: a driver or, where what was provisioned went with the boot,
 * with the VFs or with a former retirement, anybody.
 */
async function refuseTaken(ask: Ask, p: RetireParams): Promise<readonly Refusal[]> {
  const { primary, fn, cntlid, offline } = p
  const pf = primary.address
  const isSameBoot = await isThere(ask, functionTarget(pf, primary))
  if (fn === null || offline || !isSameBoot) return refuseOnline(ask, pf, [cntlid])
  return (await isThere(ask, targetOf(p))) ? refuseBound(ask, fn) : []
}

/** The drive keeps them, so they are detached in whatever boot; but not from somebody who has it by now. */
function detachNamespaces(p: RetireParams): Row {
  const { primary, cntlid, controllerId } = p
  const pf = primary.address
  return change('detach-namespaces', {
    on: driveTarget(primary),
    locks: [primaryLock(controllerId)],
    guard: async ({ ask }) => [
      ...(await refuseOnlineSince(ask, pf, cntlid)),
      ...(await refuseFetched(ask, p)),
    ],
    do: [attachExactly(pf, cntlid, []), ...takeFetched(p)],
  })
}

/** A function in the pool is anybody's: it must not be reserved to the driver that it had. */
function clearOverride(p: RetireParams, fn: PciAddress): Row {
  const moves = [
    look({ read: 'binding', fn }, ({ override }) =>
      override === null ? [] : [{ change: 'setOverride', fn, driver: null }]
    ),
  ]
  return change('clear-override', {
    on: driveTarget(p.primary),
    do: [ifThere(targetOf(p), () => moves)],
  })
}

/** Before the primary is looked at: of two that are retired at once, one must see that it is the last. */
function returnToPool(p: RetireParams): Row {
  const { virtualFunctionId } = p
  return observe(RETURN_TO_POOL, ({ store, ...turn }) => {
    const row = store.read.virtualFunction(virtualFunctionId)
    return Promise.resolve({
      output: { provisioned: row?.provisioned ?? null },
      writes: [
        { write: 'setProvisioned', virtualFunctionId, provisioned: null },
        retirementEvent(p, turn, 'virtual-function.retired', {}),
      ],
    })
  })
}

function restorePrimary({ hostId, controllerId, primary }: RetireParams): Row {
  return observe(
    'restore-sriov',
    (turn) => restoreSriov({ hostId, controllerId, primary }, turn),
    { locks: [primaryLock(controllerId)] }
  )
}
