/**
 * What a drive says of its namespaces, wherever they are attached, or what stands for that where it does not say so.
 * Source: NVMe Base 2.1, "Identify command": the lists of allocated namespaces and of attached controllers are for drives
 * that manage namespaces; of others they are optional.
 */
import { CNS, identify } from '../nvme/admin-commands.ts'
import { decodeIdentifyNamespace } from '../nvme/identify-namespace.ts'
import { STATUS, statusCode } from '../nvme/status.ts'
import type { LaneSession } from './lane-session.ts'
import {
  activeNamespaceIds,
  allocatedNamespaceIds,
  command,
  refusedByDrive,
} from './nvme-commands.ts'

/** Of the asked drive. */
export type Lists = {
  /** It does not manage namespaces. */
  readonly areOptional: boolean
}

const REQUIRED: Lists = { areOptional: false }

/** @param capable null: nobody knows of what, so it may be one that manages namespaces */
export function listsOf(capable: { readonly namespaceManagement: boolean } | null): Lists {
  return capable === null ? REQUIRED : { areOptional: !capable.namespaceManagement }
}

/** Namespaces of the subsystem; those that are active for this controller where a drive does not list allocated ones. */
export function namespaceIds(
  session: LaneSession,
  name: string,
  lists: Lists = REQUIRED
): Promise<readonly number[]> {
  return orInstead(
    lists,
    () => allocatedNamespaceIds(session, name),
    () => activeNamespaceIds(session, name)
  )
}

/** undefined: not allocated any more. */
export function identifyNamespace(
  session: LaneSession,
  name: string,
  nsid: number,
  lists: Lists
) {
  const ask = async (cns: number) =>
    decodeIdentifyNamespace((await command(session, name, identify(cns, { nsid }))).data)
  return orInstead(
    lists,
    () => ask(CNS.allocatedNamespace),
    () => ask(CNS.namespace)
  )
}

/**
 * Where lists are optional, a drive may refuse one with whatever status it likes. It is asked once more: what is told in
 * its place may be less than there is, and look like all, when only a reset kept it from answering.
 */
export async function orInstead<T>(
  { areOptional }: Lists,
  ask: () => Promise<T>,
  instead: () => Promise<T>
): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    if (isUnknownToDrive(cause)) return instead()
    if (!areOptional || !refusedByDrive(cause)) throw cause
  }
  try {
    return await ask()
  } catch (cause) {
    if (!refusedByDrive(cause)) throw cause
    return instead()
  }
}

/** The drive does not know the question, and will not the next time. With another status it may refuse for its state. */
function isUnknownToDrive(cause: unknown): boolean {
  if (!refusedByDrive(cause) || cause.failure.kind !== 'nvme-refused') return false
  return UNKNOWN.includes(statusCode(cause.failure.status))
}

/** The last: of drives that look for a namespace before they look at what is asked about it. */
const UNKNOWN: readonly number[] = [
  STATUS.invalidOpcode,
  STATUS.invalidField,
  STATUS.invalidNamespaceOrFormat,
]
