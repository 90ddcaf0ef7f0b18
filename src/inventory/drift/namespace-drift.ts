/** Namespaces: what a VF, or a controller that went with chosen ones, is attached to, against what it is to have. */
import type { ControllerRow, NamespaceRow } from '../../store/rows.ts'
import { isOfSubsystem } from '../same-subsystem.ts'
import { deviation } from './binding-drift.ts'
import type { Deviation } from './drift.ts'

/**
 * @param controller any of the subsystem
 * @param cntlid whose attachments these are
 * @param nsids what it is to be attached to, and to nothing else
 */
export function differencesOfNamespaces(
  controller: ControllerRow,
  cntlid: number,
  nsids: readonly number[],
  namespaces: readonly NamespaceRow[]
): readonly Deviation[] {
  const attached = namespaces
    .filter(({ present, observation }) => present && isOfSubsystem(controller, observation))
    .filter(({ observation }) => observation.attachedTo.includes(cntlid))
    .map(({ observation }) => observation.nsid)
    .toSorted((a, b) => a - b)
  const wanted = nsids.toSorted((a, b) => a - b)
  const differ = (kind: Deviation['kind'], those: readonly number[]) =>
    those.length === 0 ? [] : [deviation(kind, { nsids: wanted }, { nsids: attached })]
  return [
    ...differ(
      'namespace-detached',
      wanted.filter((nsid) => !attached.includes(nsid))
    ),
    ...differ(
      'foreign-namespace-attached',
      attached.filter((nsid) => !wanted.includes(nsid))
    ),
  ]
}
