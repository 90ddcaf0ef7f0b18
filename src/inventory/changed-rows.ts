/** Which rows a scan changed. */
import { isDeepStrictEqual } from 'node:util'

type Row = { readonly id: string; readonly observedAt: string }

/**
 * When nothing but the time of the look differs, the row stays; views take that time from the host. Columns that `after`
 * does not have are none of a scan's.
 */
export function changedRows<After extends Row>(
  before: readonly Row[],
  after: readonly After[]
): readonly After[] {
  const known = new Map(before.map((row) => [row.id, row]))
  return after.filter((row) => {
    const was = known.get(row.id)
    return !was || differs(was, row)
  })
}

function differs(was: Row, row: Row): boolean {
  for (const column in row)
    if (column !== 'observedAt' && !isSame(valueOf(was, column), valueOf(row, column)))
      return true
  return false
}

function valueOf(row: object, column: string): unknown {
  return (row as Readonly<Record<string, unknown>>)[column]
}

/** Most columns are numbers and texts. */
function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  return typeof one === 'object' && isDeepStrictEqual(one, other)
}
