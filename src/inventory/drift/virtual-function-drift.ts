/** VFs: both lives of those that are provisioned or assigned, and those that somebody else brought online. */
import type {
  AssignmentRow,
  ControllerRow,
  ProvisionedVf,
  VirtualFunctionRow,
} from '../../store/rows.ts'
import { deviation, differencesOfBinding, differencesOfPlace } from './binding-drift.ts'
import { AMBIGUOUS, MISSING } from './controller-drift.ts'
import type { Deviation, HostInventory } from './drift.ts'
import { differencesOfNamespaces } from './namespace-drift.ts'

type Around = {
  readonly host: HostInventory
  readonly primary: ControllerRow | undefined
  readonly assignment: AssignmentRow | undefined
}

export function differencesOfVirtualFunction(
  row: VirtualFunctionRow,
  { host, primary, assignment }: Around
): readonly Deviation[] {
  const { provisioned, address, observation } = row
  if (!provisioned) return assignment ? [] : differencesInPool(row, primary)
  // What is left of one that was half retired is known when it is retired again.
  if (provisioned.quarantine !== undefined) return []
  if (!primary?.present) return [MISSING]
  if (primary.ambiguous) return [AMBIGUOUS]
  if (address === null) {
    return [deviation('vfs-gone', { enabled: true }, { enabled: false })]
  }
  return [
    ...differencesOfSecondary(row, provisioned),
    ...differencesOfNamespaces(primary, row.cntlid, provisioned.nsids, host.namespaces),
    ...differencesOfBinding(observation, assignment, provisioned),
    ...differencesOfPlace(observation, assignment),
  ]
}

function differencesInPool(
  { secondaryState, vq, vi }: VirtualFunctionRow,
  primary: ControllerRow | undefined
): readonly Deviation[] {
  if (!primary?.present || secondaryState === 'offline') return []
  const found = { state: secondaryState, vq, vi }
  return [deviation('foreign-secondary-online', { state: 'offline' }, found)]
}

function differencesOfSecondary(
  { secondaryState: state, vq, vi }: VirtualFunctionRow,
  wanted: ProvisionedVf
): readonly Deviation[] {
  const isWhole = vq === wanted.vq && vi === wanted.vi
  if (state === 'online' && isWhole) return []
  const expected = { state: 'online', vq: wanted.vq, vi: wanted.vi }
  const found = { state, vq, vi }
  if (isWhole) return [deviation('vf-offline', expected, found)]
  const kind = state === 'online' ? 'resources-changed' : 'resources-lost'
  return [deviation(kind, expected, found)]
}
