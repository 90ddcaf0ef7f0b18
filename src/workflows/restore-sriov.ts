/**
 * VF count and autoprobe of a primary before nvirt enabled its VFs, recorded by whoever provisions first and put back
 * by whoever leaves last. Both hold the primary's lock.
 */
import { predictVfAddress, type PciAddress } from '../nvme/pci-address.ts'
import type { StepState } from '../saga/operation.ts'
import type { OpenOperation } from '../store/store.ts'
import type { SriovBefore } from '../store/rows.ts'
import { ifThere } from './change-row.ts'
import { observe, pass, type Done, type Row, type Turn } from './define-workflow.ts'
import { functionTarget, refuseOther, type ExpectedController } from './guards/identity.ts'
import { refuseUsedThrough } from './guards/usage.ts'
import type { Ask } from './host-session.ts'
import { carryOutIfThere, type Look } from './moves.ts'
import { heldBy, openOperations } from './open-operations.ts'
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
  return (await ask({ read: 'identity', fn: pf })).pci.bootId
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
    movesBack(turn, primary.address, before),
  ])
  const output = await carryOutIfThere([moves], turn.ask, turn.apply)
  return { output, writes: [{ write: 'setSriovBefore', controllerId, before: null }] }
}

function movesBack(turn: Turn, pf: PciAddress, before: SriovBefore): Look {
  const { vfCount, autoprobe } = before
  return {
    look: async (ask) => {
      if (isOfFormerBoot(before, await bootOf(ask, pf))) return []
      return [
        ...(vfCount === 0
          ? [untilVfsUnused(turn, pf), { change: 'setVfCount', pf, count: 0 } as const]
          : []),
        { change: 'setAutoprobe', pf, enabled: autoprobe },
      ]
    },
  }
}

function isInUse({ hostId, controllerId }: Primary, { store, operationId }: Turn): boolean {
  const provisioned = store.read
    .inventoryOf(hostId)
    .virtualFunctions.some(
      (row) => row.controllerId === controllerId && row.provisioned !== null
    )
  return (
    provisioned ||
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

async function enabledVfs(ask: Ask, pf: PciAddress): Promise<readonly PciAddress[]> {
  const { vfCount, offset, stride } = await ask({ read: 'sriov', pf })
  return Array.from({ length: vfCount }, (_, at) =>
    predictVfAddress(pf, at, offset, stride)
  )
}
