/** What open operations have in hand: those that bring back, and those of others, who may take as long as they like. */
import { SYSTEM } from '../../access/caller.ts'
import type { HostInventory } from '../../inventory/drift/drift.ts'
import type { OpenOperation, Store } from '../../store/store.ts'
import { heldBy, openOperations } from '../open-operations.ts'
import { PROVISION } from '../provision-params.ts'
import { RETIRE } from '../retire-params.ts'
import { RESTORING } from './prepare-work.ts'
import type { AnyWork } from './work-now.ts'

/** What changes who has what of a primary's pool: declared VFs come one after the other. */
export const DIVIDING: readonly string[] = [...RESTORING, PROVISION, RETIRE]

/** Primaries, and controllers, that an operation of these workflows is working on. */
export function busyControllers(
  store: Store,
  workflows: readonly string[]
): readonly string[] {
  return openOperations(store).filter(isOneOf(workflows)).flatMap(heldOf)
}

/** Others may have the host's functions for as long as they like: a release waits for somebody, or erases for hours. */
export function isBringingBack(
  store: Store,
  { controllers, virtualFunctions }: HostInventory
): boolean {
  const busy = new Set(busyControllers(store, RESTORING))
  return [...controllers, ...virtualFunctions].some(({ id }) => busy.has(id))
}

/** Nothing can be begun of these until an operation that somebody asked for has ended, which is looked at then. */
export function withOthers(store: Store): (work: AnyWork) => boolean {
  const others = openOperations(store).filter((one) => !isOwn(store, one))
  const held = new Set(others.flatMap(heldOf))
  const divided = new Set(others.filter(isOneOf(DIVIDING)).flatMap(heldOf))
  return (work) =>
    held.has(work.functionId) || ('divide' in work && divided.has(work.controllerId))
}

/** Whoever asked for it, what brings back is waited for. */
function isOwn({ read }: Store, { id, workflow }: OpenOperation): boolean {
  return RESTORING.includes(workflow) || read.operation(null, id)?.actor === SYSTEM.actor
}

function isOneOf(workflows: readonly string[]) {
  return ({ workflow }: OpenOperation) => workflows.includes(workflow)
}

function heldOf({ params }: OpenOperation): readonly string[] {
  const { exclusive, shared } = heldBy(params).holds
  return [...exclusive, ...shared]
}
