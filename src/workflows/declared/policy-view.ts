/** What is declared of the VFs of a controller as callers see it: desired against actual, and why they differ. */
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import type { HostInventory } from '../../inventory/drift/drift.ts'
import type {
  VirtualFunctionPolicy,
  VirtualFunctionPolicyRow,
} from '../../store/policy-row.ts'
import type { ControllerRow, HealingRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { isGivenUp, MOST_ATTEMPTS } from '../caretaker/attempts.ts'
import { inWords } from '../half-retired.ts'
import { judgeVfs, type JudgedVf } from './judge-vfs.ts'

export type VirtualFunctionPolicyView = Required<VirtualFunctionPolicy> & {
  readonly controllerId: string
  readonly hostId: string
  /** Who declared it. */
  readonly actor: string
  readonly declaredAt: string
  /** All VFs are as declared. */
  readonly converged: boolean
  /** In the order of VF numbers: those that are declared, and those that are to go. */
  readonly virtualFunctions: readonly DeclaredVfView[]
}

export type DeclaredVfView = {
  /** null: the drive lists no such VF. */
  readonly id: string | null
  readonly vfNumber: number
  /** null: there is to be none. */
  readonly desired: DivisionView | null
  /** As the last scan saw it; null: the drive lists no such VF. */
  readonly actual: (DivisionView & { readonly state: 'online' | 'offline' }) | null
  /**
   * `pending`: nvirt is about to change it. `changing`: an operation does. `waiting`: for somebody else. `failing`: it is
   * tried again. `given-up`: it is not, until the policy is set again or the host is restarted.
   */
  readonly state:
    'as-declared' | 'pending' | 'changing' | 'waiting' | 'failing' | 'given-up'
  /** Why it is not as declared; null: it is, or is about to be. */
  readonly reason: string | null
  readonly remedy: string | null
  /** That is changing it, or that failed to; null: none. */
  readonly operationId: string | null
}

export type DivisionView = {
  /** The admin queue pair included. */
  readonly vq: number
  readonly vi: number
  readonly namespaceIds: readonly string[]
  readonly driver: string | null
}

type Viewing = {
  readonly store: Store
  readonly changing: (functionId: string) => string | null
  /** Of the controller. */
  readonly host: HostInventory
}

export function policyView(
  { store, changing, host }: Viewing,
  policy: VirtualFunctionPolicyRow,
  controller: ControllerRow
): VirtualFunctionPolicyView {
  const tried = new Map(
    store.read.healingOf(controller.hostId).map((row) => [row.functionId, row])
  )
  const { driver = 'none', namespaceIds = [], ...request } = policy.request
  const virtualFunctions = judgeVfs(policy, controller, host).map((vf) => ({
    id: vf.row?.id ?? null,
    vfNumber: vf.vfNumber,
    ...divisionsOf(vf, driver, { host, controller }),
    ...standingOf(vf, vf.row ? changing(vf.row.id) : null, (id) =>
      failureOf(store, tried.get(id))
    ),
  }))
  return {
    ...request,
    driver,
    namespaceIds,
    controllerId: controller.id,
    hostId: controller.hostId,
    actor: policy.actor,
    declaredAt: policy.at,
    converged: virtualFunctions.every(({ state }) => state === 'as-declared'),
    virtualFunctions,
  }
}

function divisionsOf(
  { row, declared }: JudgedVf,
  driver: 'none' | 'nvme',
  { host, controller }: { readonly host: HostInventory; readonly controller: ControllerRow }
): Pick<DeclaredVfView, 'desired' | 'actual'> {
  const namespaces = host.namespaces.filter(({ present, observation }) => {
    return present && isOfSubsystem(controller, observation)
  })
  const idsOf = (
    isWanted: (observation: (typeof namespaces)[number]['observation']) => boolean
  ) => namespaces.filter(({ observation }) => isWanted(observation)).map(({ id }) => id)
  return {
    desired: declared && {
      vq: declared.vq,
      vi: declared.vi,
      namespaceIds: idsOf(({ nsid }) => declared.nsids.includes(nsid)),
      driver: driver === 'none' ? null : driver,
    },
    actual: row
      ? actualOf(
          row,
          idsOf(({ attachedTo }) => attachedTo.includes(row.cntlid))
        )
      : null,
  }
}

function actualOf(
  { vq, vi, secondaryState: state, observation }: VirtualFunctionRow,
  namespaceIds: readonly string[]
): NonNullable<DeclaredVfView['actual']> {
  return { state, vq, vi, namespaceIds, driver: observation?.binding?.driver ?? null }
}

type Standing = Pick<DeclaredVfView, 'state' | 'reason' | 'remedy' | 'operationId'>

function standingOf(
  { row, next, obstacle }: JudgedVf,
  holder: string | null,
  failureOf: (functionId: string) => Standing | undefined
): Standing {
  const nothing = { reason: null, remedy: null, operationId: null }
  // What an operation does to a VF that it holds is no drift.
  const isDrifting = obstacle !== null && holder === null
  if (next === 'nothing' && !isDrifting) return { ...nothing, state: 'as-declared' }
  if (holder !== null) {
    return { ...nothing, ...obstacle, state: 'changing', operationId: holder }
  }
  if (obstacle) return { ...nothing, ...obstacle, state: 'waiting' }
  return (row && failureOf(row.id)) ?? { ...nothing, state: 'pending' }
}

/** undefined: it has not failed. */
function failureOf({ read }: Store, tried: HealingRow | undefined): Standing | undefined {
  const operation = tried && read.operation(null, tried.operationId)
  if (!operation || (operation.state !== 'undone' && operation.state !== 'stuck'))
    return undefined
  const isOver = isGivenUp(tried)
  return {
    state: isOver ? 'given-up' : 'failing',
    reason: `attempt ${tried.attempts} of ${MOST_ATTEMPTS} failed: ${inWords(operation.error)}`,
    remedy: isOver
      ? 'Remove the cause, and declare it again.'
      : 'Wait for the next attempt, or remove the cause.',
    operationId: operation.id,
  }
}
