/** All items of a list, read a page at a time, as they are asked for. */
import type { Page, PageRequest, StoreReader } from './store.ts'

/** @param from an id: only what comes after it */
export function* allPages<T>(
  read: (page: PageRequest) => Page<T>,
  from: string | null = null
): Generator<T> {
  let after = from
  do {
    const { items, next } = read({ after, limit: ITEMS_A_PAGE })
    yield* items
    after = next
  } while (after !== null)
}

const ITEMS_A_PAGE = 500

export function allHostIds({ hosts }: Pick<StoreReader, 'hosts'>): readonly string[] {
  return Array.from(allPages(hosts), ({ id }) => id)
}
