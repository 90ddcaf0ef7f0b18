/** From a function's id to an operation that brings it to what is desired, whatever the policy of its host. */
import type { HealingRow } from '../../store/rows.ts'
import { type DriftUse } from '../allowed-from.ts'
import { prepareWork } from '../caretaker/prepare-work.ts'
import { functionsAmiss, workOf } from '../caretaker/work-of.ts'
import { hostInventory } from '../declared/declared-work.ts'
import {
  found,
  requireFree,
  requireOwn,
  requireUse,
  type Prepared,
  type RequestContext,
} from './prepared.ts'

/** Who asks wants it tried again: attempts that failed before do not count. */
const NOT_TRIED: HealingRow | undefined = undefined

/** @throws ControlPlaneError not-found, forbidden, conflict, wrong-state */
export function prepareHeal(context: RequestContext, functionId: string): Prepared {
  const { read } = context.store
  const row = read.virtualFunction(functionId) ?? read.controller(functionId)
  const { hostId, address } = found(row, 'function', functionId)
  const host = found(read.host(hostId), 'host', hostId)
  const inventory = hostInventory(context.store, hostId)
  requireFree(context, functionId, address ?? functionId, 'exclusive')
  const all = workOf({ ...host, driftPolicy: 'heal' }, inventory)
  const work = all.find((one) => one.functionId === functionId)
  const amiss = functionsAmiss(inventory).has(functionId)
  const use: DriftUse = amiss ? 'beyond-healing' : 'as-desired'
  requireUse(context, 'heal', 'function', functionId, work ? 'drifting' : use)
  if (!work) throw new Error(`there is nothing to do for ${functionId}`)
  requireOwn(context, address ?? functionId, work.tenant)
  return prepareWork(context, work, inventory, NOT_TRIED)
}
