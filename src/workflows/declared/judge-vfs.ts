/**
 * What is declared of the VFs of a controller against what they are, and what is to be done about each. A VF that anybody
 * uses is never changed: it waits, and says for whom. Pure: the same rows give the same answer.
 */
import { driftOf, type HostInventory } from '../../inventory/drift/drift.ts'
import { REMEDIES } from '../../inventory/drift/remedies.ts'
import type { FlexibleResources } from '../../nvme/secondary-controller.ts'
import type { DeclaredVf, VirtualFunctionPolicyRow } from '../../store/policy-row.ts'
import type {
  ControllerRow,
  DriftKind,
  ProvisionedVf,
  VirtualFunctionRow,
} from '../../store/rows.ts'
import { obstacleOfKept, obstacleOfNamespaces, type Goers } from './namespace-owners.ts'
import {
  obstacleInPool,
  obstacleOfController,
  obstacleOfProvisioned,
  type Obstacle,
  type OfController,
} from './obstacles.ts'
import { NOTHING, poolClaims, type PoolClaims } from './pool-claims.ts'

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

type Around = OfController & {
  readonly driver: ProvisionedVf['driver']
  readonly vfs: readonly VirtualFunctionRow[]
  readonly drift: (functionId: string) => readonly DriftKind[]
}

type Judging = Around & Goers & { readonly claims: PoolClaims }

/** In the order of VF numbers. */
export function judgeVfs(
  policy: VirtualFunctionPolicyRow,
  controller: ControllerRow,
  host: HostInventory
): readonly JudgedVf[] {
  const vfs = host.virtualFunctions.filter((vf) => vf.controllerId === controller.id)
  const drift = driftOf(host)
  const around: Around = {
    controller,
    host,
    vfs,
    tenant: policy.tenant,
    driver: policy.request.driver ?? 'none',
    drift: (id) => drift.flatMap((one) => (one.functionId === id ? [one.kind] : [])),
  }
  const judging: Judging = { ...around, ...whoGoes(policy, around) }
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

/** One that waits for another's namespace goes only where that one does, which the pools may keep from it. */
function whoGoes(
  policy: VirtualFunctionPolicyRow,
  around: Around
): Goers & { readonly claims: PoolClaims } {
  const going = mayGo(policy, around)
  for (;;) {
    const claims = poolClaims(around.controller, around.vfs, going)
    const goes = (id: string) => going.has(id) && claims.isFitting(id)
    const held = around.vfs.filter((row) => {
      const wanted = policy.virtualFunctions[row.vfNumber - 1]
      return going.has(row.id) && wanted && obstacleOfKept(row, wanted, { ...around, goes })
    })
    if (held.length === 0) return { claims, goes }
    for (const { id } of held) going.delete(id)
  }
}

/** Those that differ from what is declared, and that nobody uses. */
function mayGo(
  { virtualFunctions }: VirtualFunctionPolicyRow,
  around: Around
): Map<string, FlexibleResources> {
  const going = around.vfs.flatMap((row) => {
    const wanted = virtualFunctions[row.vfNumber - 1]
    if (wanted ? isAs(row, wanted, around) : !row.provisioned) return []
    return obstacleOf(row, around) ? [] : [[row.id, wanted ?? NOTHING] as const]
  })
  return new Map(going)
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
  if (isAs(row, wanted, judging)) return judgeKept(row, judging)
  const obstacle =
    obstacleOf(row, judging) ??
    obstacleOfNamespaces(row, wanted, judging) ??
    judging.claims.refuse(row, wanted)
  return obstacle ? waits(obstacle) : goesOn(row.provisioned ? 'retire' : 'provision')
}

function judgeSurplus(row: VirtualFunctionRow, judging: Judging): Verdict {
  const obstacle = obstacleOf(row, judging)
  return obstacle ? waits(obstacle) : goesOn('retire')
}

/** Of its own: whatever the others are to have. */
function obstacleOf(row: VirtualFunctionRow, around: Around): Obstacle | undefined {
  return (
    obstacleOfController(around) ??
    (row.provisioned
      ? obstacleOfProvisioned(row, row.provisioned, around)
      : obstacleInPool(row, around))
  )
}

/** As declared: what somebody changed of it since is drift, for which the host has a policy of its own. */
function judgeKept({ id, vfNumber }: VirtualFunctionRow, { drift }: Judging): Verdict {
  const [kind] = drift(id)
  if (kind === undefined) return goesOn('nothing')
  const reason = `VF ${vfNumber} is not what it was given any more: ${kind}`
  return { next: 'nothing', obstacle: { reason, remedy: REMEDIES[kind] } }
}

function isAs(
  { id, provisioned }: VirtualFunctionRow,
  wanted: DeclaredVf,
  { driver, drift }: Around
): boolean {
  const inOrder = (those: readonly number[]) => those.toSorted((a, b) => a - b).join()
  return (
    provisioned !== null &&
    provisioned.quarantine === undefined &&
    provisioned.vq === wanted.vq &&
    provisioned.vi === wanted.vi &&
    provisioned.driver === driver &&
    inOrder(provisioned.nsids) === inOrder(wanted.nsids) &&
    // Nothing heals that but to provision it again.
    !drift(id).includes('resources-changed')
  )
}

function waits(obstacle: Obstacle): Verdict {
  return { next: 'wait', obstacle }
}

function goesOn(next: Exclude<JudgedVf['next'], 'wait'>): Verdict {
  return { next, obstacle: null }
}
