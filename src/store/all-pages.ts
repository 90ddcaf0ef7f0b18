/** All items of a list, read a page at a time, as they are asked for. */
import type { Page, PageRequest, StoreReader } from './store.ts'

export function* allPages<T>(read: (page: PageRequest) => Page<T>): Generator<T> {
  let after: string | null = null
  do {
    const { items, next }: Page<T> = read({ after, limit: ITEMS_A_PAGE })
    yield* items
    after = next
  } while (after !== null)
}

const ITEMS_A_PAGE = 500

export function allHostIds({ hosts }: Pick<StoreReader, 'hosts'>): readonly string[] {
  return Array.from(allPages(hosts), ({ id }) => id)
}
