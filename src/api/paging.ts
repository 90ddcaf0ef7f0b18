/** Lists: `{items, nextCursor}` with an opaque keyset cursor. */
import { Type } from 'typebox'
import type { TSchema } from 'typebox'
import { decodeCursor, encodeCursor } from './cursor.ts'
import type { ListName } from './cursor.ts'
import type { PageRequest } from './services.ts'
import { nullable, ref, text } from './shape.ts'
import type { Shape } from './shape.ts'

export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 100,
      description: 'Most items of a page',
    })
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 300, description: '`nextCursor` of the page before' })
  ),
}

/** Strict: a parameter that nobody knows is refused. */
export function query<P extends Record<string, TSchema>>(parameters: P) {
  return Type.Object(parameters, { additionalProperties: false })
}

export type PageQuery = { readonly limit?: number; readonly cursor?: string }

const DEFAULT_LIMIT = 100

/** @throws ControlPlaneError invalid */
export function pageRequest(list: ListName, asked: PageQuery): PageRequest {
  const { limit = DEFAULT_LIMIT, cursor } = asked
  return { limit, after: cursor === undefined ? null : decodeCursor(list, cursor) }
}

type Listed<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }

export function listed<T>(
  list: ListName,
  page: { readonly items: readonly T[]; readonly next: string | null }
): Listed<T> {
  const { items, next } = page
  return { items, nextCursor: next === null ? null : encodeCursor(list, next) }
}

export function pageOf<T>(item: Shape<T>) {
  return Type.Unsafe<Listed<T>>(
    Type.Object(
      {
        items: Type.Array(ref(item), { description: 'In the order of the cursor' }),
        nextCursor: nullable(text('Where the next page begins; null on the last')),
      },
      { description: 'A page' }
    )
  )
}
