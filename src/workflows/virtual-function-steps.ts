/** The rows of one VF: resources, online, namespaces and driver, each with its undo. Of several together: phases.ts. */
import type { PciAddress } from '../nvme/pci-address.ts'
import { attachExactly, detachOthers, detachThese } from './attachments.ts'
import { change, ifThere, type ChangeRow } from './change-row.ts'
import { guard, type Row, type Turn } from './define-workflow.ts'
import { refuseBound } from './guards/binding.ts'
import { driveTarget, functionTarget, isThere, type Target } from './guards/identity.ts'
import { refuseGroupOfVf, refuseNamespaces } from './guards/provisioning.ts'
import { refuseOnline } from './guards/secondary.ts'
import type { Look, Move } from './moves.ts'
import type { ProvisionParams, Wanted } from './provision-params.ts'
import { rebind } from './rebind.ts'
import { foundIn, type Found } from './record-vfs.ts'
import { primaryLock } from './restore-sriov.ts'
import { isOnline } from './serving-vf.ts'
import { untilUnused } from './wait-for-users.ts'

export function stepsOneByOne(p: ProvisionParams): readonly Row[] {
  return p.virtualFunctions.flatMap((vf) => [
    ...resourceSteps(p, vf),
    ...namespaceSteps(p, vf),
  ])
}

/** From the pool to online. */
export function resourceSteps(p: ProvisionParams, vf: Wanted): readonly Row[] {
  const pf = p.primary.address
  const { vfNumber, cntlid } = vf
  const primary = withPrimary(p)
  const found = ({ outputs }: Turn) => foundIn(outputs, vfNumber)
  const offline = [{ change: 'takeOffline', pf, cntlid } as const]
  return [
    change(`offline-vf${vfNumber}`, { ...primary, ...fromThePool(p, vf), do: offline }),
    change(`assign-vq-vf${vfNumber}`, {
      ...primary,
      do: [{ change: 'assignResources', pf, cntlid, resource: 'vq', count: vf.vq }],
      undo: offline,
    }),
    change(`assign-vi-vf${vfNumber}`, {
      ...primary,
      do: [{ change: 'assignResources', pf, cntlid, resource: 'vi', count: vf.vi }],
      undo: offline,
    }),
    change(`reset-vf${vfNumber}`, {
      on: (turn) => vfOf(p, turn, vfNumber),
      guard: (turn) => refuseBound(turn.ask, found(turn).address),
      do: (turn) => [{ change: 'resetFunction', fn: found(turn).address, pf }],
    }),
    goOnline(p, vf),
  ]
}

export function withPrimary(p: ProvisionParams): Pick<ChangeRow, 'on' | 'locks'> {
  const { controllerId, primary } = p
  return {
    on: functionTarget(primary.address, primary),
    locks: [primaryLock(controllerId)],
  }
}

/** Nobody has it, and what it held before it holds again once this is undone. */
export function fromThePool(
  p: ProvisionParams,
  { vfNumber, cntlid }: Wanted
): Pick<ChangeRow, 'guard' | 'undo'> {
  const pf = p.primary.address
  const found = ({ outputs }: Turn) => foundIn(outputs, vfNumber)
  return {
    guard: async (turn) => [
      ...(await refuseOnline(turn.ask, pf, [cntlid])),
      ...(await refuseBound(turn.ask, found(turn).address)),
    ],
    undo: (turn) => [
      { change: 'takeOffline', pf, cntlid },
      ...assign(p, cntlid, found(turn).held),
    ],
  }
}

function goOnline(p: ProvisionParams, vf: Wanted): Row {
  const { vfNumber, cntlid } = vf
  return change(`online-vf${vfNumber}`, {
    ...withPrimary(p),
    do: [{ change: 'bringOnline', pf: p.primary.address, cntlid }],
    undo: (turn) => offlineAgain(p, turn, vf),
  })
}

export function offlineAgain(
  { primary }: ProvisionParams,
  turn: Turn,
  { vfNumber, cntlid }: Wanted
): readonly Move[] {
  return [
    untilUnused(turn, foundIn(turn.outputs, vfNumber).address),
    { change: 'takeOffline', pf: primary.address, cntlid },
  ]
}

/** Of one that is online: its namespaces, and its driver. */
export function namespaceSteps(p: ProvisionParams, vf: Wanted): readonly Row[] {
  return [
    guard(`check-namespaces-vf${vf.vfNumber}`, ({ ask, store }) =>
      refuseNamespaces(ask, store, p, vf.nsids)
    ),
    attach(p, vf),
    ...driverSteps(p, vf),
  ]
}

function attach(p: ProvisionParams, vf: Wanted): Row {
  const pf = p.primary.address
  const { vfNumber, cntlid, nsids } = vf
  return change(`attach-vf${vfNumber}`, {
    on: driveTarget(p.primary),
    locks: [primaryLock(p.controllerId)],
    guard: ({ ask, store }) => refuseNamespaces(ask, store, p, nsids),
    do: [...takenFromPrimary(pf, vf), attachExactly(pf, cntlid, nsids)],
    undo: (turn) => attachAsFound(p, turn, [vf]),
  })
}

/** What a release has left with it. */
export function takenFromPrimary(
  pf: PciAddress,
  { fetchedTo, nsids }: Wanted
): readonly Move[] {
  return fetchedTo === undefined ? [] : [detachThese(pf, fetchedTo, nsids)]
}

export function driverSteps(p: ProvisionParams, { vfNumber }: Wanted): readonly Row[] {
  return p.driver === 'nvme' ? [bind(p, vfNumber)] : []
}

/**
 * A drive attaches some namespaces to its VFs as they appear: these come back only to one that is still there. Of several
 * VFs all are detached from first, which is the order that a plan tells.
 */
export function attachAsFound(
  p: ProvisionParams,
  turn: Turn,
  vfs: readonly Wanted[]
): readonly Move[] {
  const pf = p.primary.address
  const found = vfs.map((vf) => ({ vf, ...foundIn(turn.outputs, vf.vfNumber) }))
  const there = ({ vfNumber }: Wanted, moves: readonly Move[]) =>
    ifThere(vfOf(p, turn, vfNumber), () => moves)
  return [
    ...found.flatMap(({ vf, address, nsids }) => [
      there(vf, [untilUnused(turn, address)]),
      unlessOfOthers(p, turn, vf, detachOthers(pf, vf.cntlid, nsids)),
    ]),
    ...found.map(({ vf, nsids }) => there(vf, [attachExactly(pf, vf.cntlid, nsids)])),
  ]
}

/** What the drive keeps is undone in another boot too; but one that is online there is somebody else's. */
function unlessOfOthers(
  p: ProvisionParams,
  turn: Turn,
  { vfNumber, cntlid }: Wanted,
  move: Move
): Look {
  const pf = p.primary.address
  return {
    look: async (ask) => {
      if (await isThere(ask, vfOf(p, turn, vfNumber))) return [move]
      return isOnline(await ask({ read: 'secondaries', pf }), cntlid) ? [] : [move]
    },
  }
}

function bind(p: ProvisionParams, vfNumber: number): Row {
  return change(`bind-vf${vfNumber}`, {
    on: (turn) => vfOf(p, turn, vfNumber),
    guard: async (turn) => {
      const { ask, store, outputs } = turn
      const { address } = foundIn(outputs, vfNumber)
      return [
        ...(await refuseBound(ask, address, 'nvme')),
        ...(await refuseGroupOfVf(ask, store, p, address)),
      ]
    },
    do: ({ outputs }) =>
      rebind(foundIn(outputs, vfNumber).address, { driver: 'nvme', override: 'nvme' }),
    undo: (turn) => {
      const { address, binding } = foundIn(turn.outputs, vfNumber)
      return rebind(address, binding, [untilUnused(turn, address)])
    },
  })
}

function vfOf({ primary }: ProvisionParams, { outputs }: Turn, vfNumber: number): Target {
  return functionTarget(foundIn(outputs, vfNumber).address, primary, vfNumber)
}

/** What a secondary in the pool held before, which is nothing as a rule. */
function assign(
  { primary }: ProvisionParams,
  cntlid: number,
  { vq, vi }: Found['held']
): readonly Move[] {
  if (vq === 0 && vi === 0) return []
  return [{ change: 'assignBoth', pf: primary.address, cntlid, vq, vi }]
}
