/**
 * VF count and autoprobe of a primary before nvirt enabled its VFs, recorded by whoever provisions first and put back
 * by whoever leaves last. Both hold the primary's lock.
 */
import type { Refusal } from '../errors.ts'
import { predictVfAddress, type PciAddress } from '../nvme/pci-address.ts'
import type { StepState } from '../saga/operation.ts'
import type { OpenOperation, Store } from '../store/store.ts'
import type { SriovBefore } from '../store/rows.ts'
import { ifThere } from './change-row.ts'
import { observe, pass, type Done, type Row, type Turn } from './define-workflow.ts'
import { functionTarget, refuseOther, type ExpectedController } from './guards/identity.ts'
import { refuseDisabling } from './guards/taking-down.ts'
import { refuseUsedThrough } from './guards/usage.ts'
import type { Ask } from './host-session.ts'
import { carryOutIfThere, type Look } from './moves.ts'
import { heldBy, openOperations } from './open-operations.ts'
import { RETIRE } from './retire-params.ts'
import { waitUnless } from './wait-for-users.ts'

export const RECORD_SRIOV = 'record-sriov'

export type Primary = {
  readonly hostId: string
  readonly controllerId: string
  readonly primary: ExpectedController
}

export function primaryLock(controllerId: string): string {
  return `primary:${controllerId}`
}

/**
 * The first provisioning of a boot records what it found; the others find that recorded. What a former boot had is gone:
 * VFs that there are now are somebody else's, and stay.
 */
export function recordSriov(of: Primary): Row {
  const { controllerId, primary } = of
  const pf = primary.address
  return observe(
    RECORD_SRIOV,
    async ({ ask, store }) => {
      pass(RECORD_SRIOV, await refuseOther(ask, functionTarget(pf, primary)))
      const { vfCount, autoprobe } = await ask({ read: 'sriov', pf })
      const before = { vfCount, autoprobe, bootId: await bootOf(ask, pf) }
      const known = store.read.controller(controllerId)?.sriovBefore
      const isFirst = !known || isOfFormerBoot(known, before.bootId)
      return {
        output: before,
        writes: isFirst ? [{ write: 'setSriovBefore', controllerId, before }] : [],
      }
    },
    { locks: [primaryLock(controllerId)], undo: (turn) => restoreSriov(of, turn) }
  )
}

async function bootOf(ask: Ask, pf: PciAddress): Promise<string> {
  return (await ask({ read: 'answering', fn: pf })).bootId
}

/** The first nvirt recorded no boot. */
function isOfFormerBoot({ bootId }: SriovBefore, now: string): boolean {
  return bootId !== undefined && bootId !== now
}

/**
 * Puts back what was found, unless VFs of this primary are still provisioned or being so. VFs that a former boot had are
 * gone; those that there are now are somebody else's.
 */
export async function restoreSriov(of: Primary, turn: Turn): Promise<Done> {
  const { controllerId, primary } = of
  const before = turn.store.read.controller(controllerId)?.sriovBefore
  if (!before || isInUse(of, turn)) return { output: [] }
  const moves = ifThere(functionTarget(primary.address, primary), () => [
    movesBack(turn, of, before),
  ])
  const output = await carryOutIfThere([moves], turn.ask, turn.apply)
  return { output, writes: [{ write: 'setSriovBefore', controllerId, before: null }] }
}

function movesBack(turn: Turn, of: Primary, before: SriovBefore): Look {
  const { vfCount, autoprobe } = before
  const pf = of.primary.address
  return {
    look: async (ask) => {
      if (isOfFormerBoot(before, await bootOf(ask, pf))) return []
      return [
        ...(vfCount === 0
          ? [
              untilVfsUnused(turn, pf),
              untilNobodyIsTakenDown(turn, of),
              { change: 'setVfCount', pf, count: 0 } as const,
            ]
          : []),
        { change: 'setAutoprobe', pf, enabled: autoprobe },
      ]
    },
  }
}

/**
 * What the retirement of this VF will find at its end, while it can still be refused: whether it is the last one, and its
 * VF count 0 would take others down. Of two that are retired at once the first to commit leaves, so that the other is last.
 */
export async function refuseLast(
  { ask, store }: Pick<Turn, 'ask' | 'store'>,
  of: Primary,
  virtualFunctionId: string
): Promise<readonly Refusal[]> {
  const before = store.read.controller(of.controllerId)?.sriovBefore
  if (before?.vfCount !== 0) return []
  if (isOfFormerBoot(before, await bootOf(ask, of.primary.address))) return []
  const leaving = [virtualFunctionId, ...leavingForGood(store)]
  const isLast = provisionedOf(store, of).every(({ id }) => leaving.includes(id))
  return isLast ? refuseDisabling(ask, store, of, leaving) : []
}

/** VFs that are provisioned until they are back in the pool, though their retirement only goes forward. */
function leavingForGood(store: Store): readonly string[] {
  return openOperations(store)
    .filter(({ workflow }) => workflow === RETIRE)
    .filter(({ id }) => store.read.operation(null, id)?.committed === true)
    .flatMap(({ params }) => heldBy(params).holds.exclusive)
}

function provisionedOf(store: Store, { hostId, controllerId }: Primary) {
  return store.read
    .inventoryOf(hostId)
    .virtualFunctions.filter(
      (row) => row.controllerId === controllerId && row.provisioned !== null
    )
}

function isInUse(of: Primary, { store, operationId }: Turn): boolean {
  const { controllerId } = of
  return (
    provisionedOf(store, of).length > 0 ||
    openOperations(store).some(
      (other) => other.id !== operationId && isProvisioning(store, other, controllerId)
    )
  )
}

/** One that has begun with this primary and is not yet leaving it: it will put things back itself, should it fail. */
function isProvisioning(
  { read }: Turn['store'],
  { id, params }: OpenOperation,
  controllerId: string
): boolean {
  if (!heldBy(params).holds.shared.includes(controllerId)) return false
  const { steps = [] } = read.operation(null, id) ?? {}
  const first = steps.find(({ name }) => name === RECORD_SRIOV)
  return first !== undefined && ENGAGED.includes(first.state)
}

const ENGAGED: readonly StepState[] = ['running', 'done', 'failed']

/**
 * Writing 0 takes VFs away from whoever has them, those that nvirt did not provision too. For a consumer that has one
 * open the kernel waits, and says who it is; for a mounted file system it does not, so we do.
 */
function untilVfsUnused(turn: Turn, pf: PciAddress): Look {
  return {
    look: async (ask) => {
      for (const fn of await enabledVfs(ask, pf)) {
        const { driver } = await ask({ read: 'binding', fn })
        if (driver === null || driver === 'vfio-pci') continue
        const refusals = await refuseUsedThrough(ask, fn)
        waitUnless(refusals, turn, `set the VF count of ${pf} to 0`)
      }
      return []
    },
  }
}

/** Somebody may have brought one online since that was refused. What this operation could not take offline is its own. */
function untilNobodyIsTakenDown(turn: Turn, of: Primary): Look {
  const { store } = turn
  const own = openOperations(store).find(({ id }) => id === turn.operationId)
  const ids = own ? heldBy(own.params).holds.exclusive : []
  return {
    look: async (ask) => {
      const refusals = await refuseDisabling(ask, store, of, ids)
      const pf = of.primary.address
      waitUnless(refusals, turn, `set the VF count of ${pf} to 0`)
      return []
    },
  }
}

async function enabledVfs(ask: Ask, pf: PciAddress): Promise<readonly PciAddress[]> {
  const { vfCount, offset, stride } = await ask({ read: 'sriov', pf })
  return Array.from({ length: vfCount }, (_, at) =>
    predictVfAddress(pf, at, offset, stride)
  )
}
