/**
 * Pages for views: which rows, by the database; the rows, as they are kept beside what else a view needs. To read and parse
 * those of a page costs more than to make its views.
 */
import type { RowPlace } from '../store/keyset-page.ts'
import type { ControllerRow, NamespaceRow, VirtualFunctionRow } from '../store/rows.ts'
import type { KeptRows, Page, PageRequest, StoreReader } from '../store/store.ts'

type OfHost = { readonly hostId?: string }
type OfController = OfHost & { readonly controllerId?: string }

export function keptControllers(
  read: StoreReader,
  filter: OfHost,
  page: PageRequest
): Page<ControllerRow> {
  const places = read.places('Controller', filter, page)
  return rowsAt(read, places, ({ controllers }) => controllers, read.controller)
}

export function keptVirtualFunctions(
  read: StoreReader,
  filter: OfController,
  page: PageRequest
): Page<VirtualFunctionRow> {
  const places = read.places('VirtualFunction', filter, page)
  const rowsOf = ({ virtualFunctions }: KeptRows) => virtualFunctions
  return rowsAt(read, places, rowsOf, read.virtualFunction)
}

export function keptNamespaces(
  read: StoreReader,
  filter: OfHost,
  page: PageRequest
): Page<NamespaceRow> {
  const places = read.places('Namespace', filter, page)
  return rowsAt(read, places, ({ namespaces }) => namespaces, read.namespace)
}

/** One that came a moment ago, and is not among those that are kept, is read by itself. */
function rowsAt<Row extends { readonly id: string }>(
  { keptInventoryOf }: StoreReader,
  { items, next }: Page<RowPlace>,
  rowsOf: (kept: KeptRows) => readonly Row[],
  read: (id: string) => Row | undefined
): Page<Row> {
  const rowOf = ({ id, hostId }: RowPlace) =>
    rowsOf(keptInventoryOf(hostId)).find((row) => row.id === id) ?? read(id) ?? []
  return { items: items.flatMap(rowOf), next }
}
