/**
 * What is declared of the VFs of a controller against what they are, and what is to be done about each. A VF that anybody
 * uses is never changed: it waits, and says for whom. Pure: the same rows give the same answer.
 */
import { driftOf, type HostInventory } from '../../inventory/drift/drift.ts'
import { REMEDIES } from '../../inventory/drift/remedies.ts'
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import type { DeclaredVf, VirtualFunctionPolicyRow } from '../../store/policy-row.ts'
import type {
  ControllerRow,
  DriftKind,
  ProvisionedVf,
  VirtualFunctionRow,
} from '../../store/rows.ts'
import {
  obstacleInPool,
  obstacleOfController,
  obstacleOfProvisioned,
  type Obstacle,
  type OfController,
} from './obstacles.ts'
import { poolClaims, type PoolClaims } from './pool-claims.ts'

/** One that is declared, or provisioned and not declared. */
export type JudgedVf = {
  readonly vfNumber: number
  /** undefined: the drive has no such VF. */
  readonly row: VirtualFunctionRow | undefined
  /** null: there is to be none. */
  readonly declared: DeclaredVf | null
  /** One that is to be another is retired, and then provisioned. */
  readonly next: 'nothing' | 'provision' | 'retire' | 'wait'
  /** For what it waits or, where it is left as declared, how it has drifted; null: nothing. */
  readonly obstacle: Obstacle | null
}

type Judging = OfController & {
  readonly driver: ProvisionedVf['driver']
  readonly vfs: readonly VirtualFunctionRow[]
  readonly drift: (functionId: string) => readonly DriftKind[]
  readonly claims: PoolClaims
}

/** In the order of VF numbers. */
export function judgeVfs(
  policy: VirtualFunctionPolicyRow,
  controller: ControllerRow,
  host: HostInventory
): readonly JudgedVf[] {
  const vfs = host.virtualFunctions.filter((vf) => vf.controllerId === controller.id)
  const drift = driftOf(host)
  const judging: Judging = {
    controller,
    host,
    vfs,
    tenant: policy.tenant,
    driver: policy.request.driver ?? 'none',
    drift: (id) => drift.flatMap((one) => (one.functionId === id ? [one.kind] : [])),
    claims: poolClaims(controller, vfs),
  }
  const declared = policy.virtualFunctions.map((wanted, at) => {
    const vfNumber = at + 1
    const row = vfs.find((vf) => vf.vfNumber === vfNumber)
    return { vfNumber, row, declared: wanted, ...judgeDeclared(row, wanted, judging) }
  })
  const surplus = vfs
    .filter(({ vfNumber, provisioned }) => vfNumber > declared.length && provisioned)
    .toSorted((a, b) => a.vfNumber - b.vfNumber)
    .map((row) => {
      const verdict = judgeSurplus(row, judging)
      return { vfNumber: row.vfNumber, row, declared: null, ...verdict }
    })
  return [...declared, ...surplus]
}

type Verdict = Pick<JudgedVf, 'next' | 'obstacle'>

function judgeDeclared(
  row: VirtualFunctionRow | undefined,
  wanted: DeclaredVf,
  judging: Judging
): Verdict {
  if (!row) {
    const reason = 'the drive lists no such VF'
    return waits({ reason, remedy: 'Rescan the host, or declare fewer.' })
  }
  const { provisioned } = row
  if (provisioned && isAs(provisioned, wanted, row, judging)) {
    return judgeKept(row, judging)
  }
  const obstacle =
    obstacleOfController(judging) ??
    (provisioned
      ? obstacleOfProvisioned(row, provisioned, judging)
      : obstacleInPool(row, judging)) ??
    judging.claims.claim(row, wanted) ??
    obstacleOfNamespaces(row, wanted, judging)
  return obstacle ? waits(obstacle) : goesOn(provisioned ? 'retire' : 'provision')
}

function judgeSurplus(row: VirtualFunctionRow, judging: Judging): Verdict {
  const obstacle =
    obstacleOfController(judging) ??
    (row.provisioned && obstacleOfProvisioned(row, row.provisioned, judging))
  return obstacle ? waits(obstacle) : goesOn('retire')
}

/** As declared: what somebody changed of it since is drift, for which the host has a policy of its own. */
function judgeKept({ id, vfNumber }: VirtualFunctionRow, { drift }: Judging): Verdict {
  const [kind] = drift(id)
  if (kind === undefined) return goesOn('nothing')
  const reason = `VF ${vfNumber} is not what it was given any more: ${kind}`
  return { next: 'nothing', obstacle: { reason, remedy: REMEDIES[kind] } }
}

function isAs(
  { vq, vi, nsids, driver, quarantine }: ProvisionedVf,
  wanted: DeclaredVf,
  { id }: VirtualFunctionRow,
  judging: Judging
): boolean {
  const inOrder = (those: readonly number[]) => those.toSorted((a, b) => a - b).join()
  return (
    quarantine === undefined &&
    vq === wanted.vq &&
    vi === wanted.vi &&
    driver === judging.driver &&
    inOrder(nsids) === inOrder(wanted.nsids) &&
    // Nothing heals that but to provision it again.
    !judging.drift(id).includes('resources-changed')
  )
}

/** One that is to be retired first gets them once those that have them are retired too, which waits for their users only. */
function obstacleOfNamespaces(
  row: VirtualFunctionRow,
  { nsids }: DeclaredVf,
  judging: Judging
): Obstacle | undefined {
  const { controller, host } = judging
  const owners = host.controllers.filter((other) => isOfSubsystem(controller, other))
  const owner = host.virtualFunctions
    .filter(({ id, controllerId }) => {
      return id !== row.id && owners.some((other) => other.id === controllerId)
    })
    .find(({ provisioned }) => provisioned?.nsids.some((nsid) => nsids.includes(nsid)))
  if (!owner?.provisioned) return undefined
  const isOwn = owner.controllerId === controller.id
  const mayGo = isOwn && !obstacleOfProvisioned(owner, owner.provisioned, judging)
  if (row.provisioned && mayGo) return undefined
  const nsid = owner.provisioned.nsids.find((one) => nsids.includes(one))
  return {
    reason: `namespace ${nsid} still belongs to VF ${owner.vfNumber} of ${isOwn ? controller.address : 'another controller'}`,
    remedy: `Retire VF ${owner.vfNumber}, or declare another namespace.`,
  }
}

function waits(obstacle: Obstacle): Verdict {
  return { next: 'wait', obstacle }
}

function goesOn(next: Exclude<JudgedVf['next'], 'wait'>): Verdict {
  return { next, obstacle: null }
}
