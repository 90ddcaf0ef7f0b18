/**
 * What a release that has cleaned a function leaves in doubt, and its evidence, which the next release adds to: what was
 * cleaned once may be the host's by then, so only what is in doubt is looked at again.
 */
import type { Json } from '../saga/workflow.ts'
import {
  ERASE,
  erasedNamespaces,
  namespacesFound,
  RECORD_NAMESPACES,
  type CleanParams,
  type Erased,
  type Found,
} from './clean-params.ts'

type Before = CleanParams['before']
type Outputs = Parameters<typeof namespacesFound>[0]

/** Of all releases of an assignment until now. */
export type Evidence = { readonly found: Found; readonly erased: Erased }

/** null: it was not cleaned. */
export function evidenceOfAll({ cleaned }: Before, outputs: Outputs): Evidence | null {
  const before = cleaned ? evidenceOfOne(cleaned) : null
  if (!before) return evidenceOfOne(outputs)
  const found = namespacesFound(outputs)
  if (!found) return before
  const { condition } = found
  const erased = erasedNamespaces(outputs) ?? {
    ...before.erased,
    namespaces: [],
    condition,
  }
  return {
    found: {
      ...found,
      ...bothDeleted(before.found, found),
      namespaces: [...before.found.namespaces, ...found.namespaces],
      at: before.found.at,
    },
    erased: {
      ...erased,
      namespaces: [...before.erased.namespaces, ...erased.namespaces],
    },
  }
}

function evidenceOfOne(outputs: Outputs): Evidence | null {
  const found = namespacesFound(outputs)
  const erased = erasedNamespaces(outputs)
  return found && erased && { found, erased }
}

function bothDeleted(before: Found, now: Found): Pick<Found, 'deleted'> {
  const deleted = [...(before.deleted ?? []), ...(now.deleted ?? [])]
  return deleted.length > 0 ? { deleted } : {}
}

/** As `before.cleaned` has it: outputs of those steps. */
export function asRecorded({ found, erased }: Evidence): Record<string, Json> {
  return { [RECORD_NAMESPACES]: found, [ERASE]: erased }
}

/**
 * Where what its last user had may still be, in words. What was deleted is gone by the drive's word, and named in the
 * evidence.
 */
export function doubtsAbout(
  { condition }: Before,
  { found: { missing = [], unattached = [], unrecorded }, erased }: Evidence
): readonly string[] {
  return [
    ...missing.map(
      (nsid) => `it was handed over with namespace ${nsid}, which is not found on its drive`
    ),
    ...unattached.map(
      (nsid) =>
        `namespace ${nsid} is nobody's, and may be what its consumer left: delete it, or attach it to the function, whose next release erases it, or to another controller of the host if it is the host's own; then release the function again`
    ),
    ...(unrecorded
      ? ['which namespaces it was handed over with is not on record, and it has none']
      : []),
    ...changed(condition, erased.condition),
  ]
}

function changed(
  before: Before['condition'],
  { firmware }: Found['condition']
): readonly string[] {
  if (before === undefined || before.firmware === firmware) return []
  return [`its firmware was ${before.firmware} at hand-over, and is ${firmware}`]
}

/** Whether a former release has cleaned it, and could not tell that nothing is left. */
export function isInDoubt(before: Before): boolean {
  const evidence = before.cleaned && evidenceOfOne(before.cleaned)
  return evidence ? doubtsAbout(before, evidence).length > 0 : false
}

/** nsids. */
export function inDoubt({ cleaned }: Before): {
  readonly missing: readonly number[]
  readonly unattached: readonly number[]
  readonly unattachedAs: NonNullable<Found['unattachedAs']>
} {
  const found: Partial<Found> = (cleaned && namespacesFound(cleaned)) ?? {}
  const { missing = [], unattached = [], unattachedAs = [] } = found
  return { missing, unattached, unattachedAs }
}
