/**
 * JSON schemas of what crosses the API, typed by the views that they carry. A shape is registered once with its `$id`
 * and used by reference, so that the document names it once too.
 */
import { Type } from 'typebox'
import type { Static, TSchema, TUnsafe } from 'typebox'

export type Shape<T> = TUnsafe<T> & { readonly $id: string }

/** One schema for every field of T; a field that T does not have, or a field left out, does not compile. */
export type FieldsOf<T> = { readonly [Field in keyof T]-?: TSchema }

/** A shape of an answer. Clients must expect further fields: the API grows within /v1. */
export function answerShape<T>(id: string, description: string, fields: FieldsOf<T>) {
  return Type.Object(fields, { $id: id, description }) as unknown as Shape<T>
}

/** A shape of a request body. Strict: a field that nobody knows is refused, not ignored. */
export function requestShape<T>(
  id: string,
  description: string,
  fields: FieldsOf<T>,
  options: { readonly examples?: readonly T[] } = {}
) {
  const strict = { $id: id, description, additionalProperties: false, ...options }
  return Type.Object(fields, strict) as unknown as Shape<T>
}

/** Fields within a shape that are not worth a name of their own. */
export function inline<T>(description: string, fields: FieldsOf<T>): TUnsafe<T> {
  return Type.Unsafe<T>(Type.Object(fields, { description }))
}

/** The registered shape, by reference. */
export function ref<T>(shape: Shape<T>): TUnsafe<T> {
  return Type.Unsafe<T>({ $ref: `${shape.$id}#` })
}

export function nullable<S extends TSchema>(schema: S): TUnsafe<Static<S> | null> {
  const { type, ...rest } = schema as S & { readonly type?: unknown }
  return typeof type === 'string' && !('enum' in rest)
    ? Type.Unsafe<Static<S> | null>({ ...rest, type: [type, 'null'] })
    : Type.Unsafe<Static<S> | null>({ anyOf: [schema, { type: 'null' }] })
}

export function choice<const T extends string>(
  values: readonly T[],
  description: string
): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...values], description })
}

export const text = (description: string) => Type.String({ description })
export const count = (description: string) => Type.Integer({ description, minimum: 0 })
export const whole = (description: string) => Type.Integer({ description })
export const flag = (description: string) => Type.Boolean({ description })
export const time = (description: string) =>
  Type.String({ description, format: 'date-time' })
export const listOf = <S extends TSchema>(items: S, description: string) =>
  Type.Array(items, { description })
/** Whatever JSON: its form belongs to somebody else, and may change. */
export const anyJson = (description: string) => Type.Unknown({ description })
