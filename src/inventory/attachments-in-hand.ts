/** Which attachments of a drive's namespaces operations may change: of functions that they decide about, or need. */
import type { Scan } from './reconcile.ts'
import type { SeenControllerRow } from './scanned-row.ts'

/**
 * By cntlid. While one decides about a whole controller all are: what that goes with is taken from the others.
 *
 * @param ofDrive its controllers
 */
export function attachmentsInHand(
  { inHand, before }: Scan,
  ofDrive: readonly SeenControllerRow[]
): (cntlid: number) => boolean {
  if (ofDrive.some(({ id }) => inHand(id) === 'all')) return () => true
  const needed = ofDrive.filter(({ id }) => inHand(id) !== 'nothing')
  const vfs = before.virtualFunctions.filter(({ id, controllerId }) =>
    needed.some(
      // Some drives attach namespaces to VFs as they are enabled.
      (row) => row.id === controllerId && (inHand(row.id) === 'vfs' || inHand(id) === 'all')
    )
  )
  const cntlids = new Set([...needed, ...vfs].map(({ cntlid }) => cntlid))
  return (cntlid) => cntlids.has(cntlid)
}
