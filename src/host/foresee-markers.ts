/** What is on marked blocks after changes. Before any of them nobody knows, and looking would take the disk. */
import type { HostChange } from './change.ts'
import type { HostQuery, MarkersFound } from './query.ts'
import { Unforeseen } from './unforeseen.ts'

type MarkersQuery = Extract<HostQuery, { readonly read: 'markers' }>

/** @throws {Unforeseen} */
export function markersAfter(
  changes: readonly HostChange[],
  query: MarkersQuery
): MarkersFound {
  const found = changes.reduce<MarkersFound | undefined>(
    (before, change) => after(before, change, query),
    undefined
  )
  if (found) return found
  throw new Unforeseen(`what is on the blocks of namespace ${query.nsid} is read then`)
}

function after(
  before: MarkersFound | undefined,
  change: HostChange,
  { fn, nsid, markers: { blocks, blockBytes } }: MarkersQuery
): MarkersFound | undefined {
  if (!('fn' in change && 'nsid' in change)) return before
  if (change.fn !== fn || change.nsid !== nsid) return before
  if (change.change === 'writeMarkers') return { marked: blocks, written: blocks }
  // What a drive returns for a block that it has erased is its own; of the markers it is nothing.
  if (change.change === 'formatNamespace') return { marked: [], written: [] }
  if (change.change !== 'overwriteNamespace' || !before) return before
  const { fromByte, toByte } = change
  const isLeft = (block: number) =>
    block * blockBytes < fromByte || block * blockBytes >= toByte
  return { marked: before.marked.filter(isLeft), written: before.written.filter(isLeft) }
}
