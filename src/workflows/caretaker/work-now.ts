/** What is to be done for a host by what the store says now. */
import type { HostInventory } from '../../inventory/drift/drift.ts'
import type { HostRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import {
  declaredWork,
  hostInventory,
  type DeclaredWork,
} from '../declared/declared-work.ts'
import { workOf, type Work } from './work-of.ts'

export type AnyWork = Work | DeclaredWork

/**
 * What stood before comes first: a consumer must not wait for VFs that nobody has yet. One that is to go, or to be another,
 * is not made what it was before: that may be what cannot be done.
 */
export function workNow(
  { read }: Store,
  host: HostRow,
  inventory: HostInventory
): readonly AnyWork[] {
  const policies = read.virtualFunctionPoliciesOf(host.id)
  const declared = declaredWork(policies, inventory)
  const going = new Set(
    declared.filter(({ divide }) => divide === 'retire').map((one) => one.functionId)
  )
  const standing = workOf(host, inventory)
  return [...standing.filter(({ functionId }) => !going.has(functionId)), ...declared]
}

/**
 * Of work that has waited for its turn: what it was seen from may be past, since others had theirs. undefined: it is done, or
 * nobody wants it any more.
 */
export function stillToDo(
  store: Store,
  { functionId, row: { hostId }, ...seen }: AnyWork
): { readonly work: AnyWork; readonly inventory: HostInventory } | undefined {
  const host = store.read.host(hostId)
  if (host?.reach !== 'reachable') return undefined
  const inventory = hostInventory(store, hostId)
  const work = workNow(store, host, inventory).find(
    (one) => one.functionId === functionId && kindOf(one) === kindOf(seen)
  )
  return work && { work, inventory }
}

type Kind = Work['restore'] | DeclaredWork['divide']

function kindOf(
  work: { readonly restore: Work['restore'] } | { readonly divide: DeclaredWork['divide'] }
): Kind {
  return 'divide' in work ? work.divide : work.restore
}
