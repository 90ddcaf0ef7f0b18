/** Pages by keyset: what comes after an id, which stays right while rows come and go, and costs the same on every page. */
import type { OperationRow, Prepare } from './operation-columns.ts'
import { OPERATION_ROW } from './operation-columns.ts'
import type { Page, PageRequest } from './store.ts'

/** Column to the value that it must have; an array: one of these; null or undefined: any. */
export type Filter = Readonly<Record<string, string | readonly string[] | null | undefined>>

/** @param table, filter's keys are ours, never a caller's */
export function keysetPage<C extends { readonly id: string }>(
  prepare: Prepare,
  table: string,
  filter: Filter,
  page: PageRequest
): Page<C> {
  return pageOfColumns(prepare, '*', table, filter, page)
}

/** A row's id, and its host's. */
export type RowPlace = { readonly id: string; readonly hostId: string }

/** The same page without reading the rows. */
export function placesPage(
  prepare: Prepare,
  table: string,
  filter: Filter,
  page: PageRequest
): Page<RowPlace> {
  return pageOfColumns(prepare, '"id", "hostId"', table, filter, page)
}

/** With the entries of each. */
export function operationsPage(
  prepare: Prepare,
  filter: Filter,
  page: PageRequest
): Page<OperationRow> {
  return pageOfColumns(prepare, OPERATION_ROW, 'Operation', filter, page)
}

function pageOfColumns<C extends { readonly id: string }>(
  prepare: Prepare,
  columns: string,
  table: string,
  filter: Filter,
  page: PageRequest
): Page<C> {
  const { terms, values } = termsOf(filter)
  const conditions = ['"id" > ?', ...terms].join(' AND ')
  const sql = `SELECT ${columns} FROM "${table}" WHERE ${conditions} ORDER BY "id" LIMIT ?`
  const rows = prepare(sql).all(page.after ?? '', ...values, page.limit + 1) as C[]
  return cutPage(rows, page.limit, ({ id }) => id)
}

/**
 * @param rows up to one more than the page has, which tells whether there is a next one
 * @param keyOf what the next page comes after
 */
export function cutPage<Row>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => string
): Page<Row> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last ? keyOf(last) : null }
}

export function mapPage<A, B>(page: Page<A>, map: (item: A) => B): Page<B> {
  return { items: page.items.map(map), next: page.next }
}

/** Of a WHERE clause, with the values that they ask for. */
export function termsOf(filter: Filter): { terms: string[]; values: string[] } {
  const terms: string[] = []
  const values: string[] = []
  for (const [column, wanted] of Object.entries(filter)) {
    if (wanted === null || wanted === undefined) continue
    const among = typeof wanted === 'string' ? [wanted] : wanted
    terms.push(`"${column}" IN (${among.map(() => '?').join(', ')})`)
    values.push(...among)
  }
  return { terms, values }
}
