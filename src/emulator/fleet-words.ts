/**
 * What a field may be, in words: for the refusal of a machine file, and for docs/machine-files.md, which a test compares.
 * A schema's own description comes first; its numbers speak for themselves.
 */

/** A schema of typebox as what it is: a JSON Schema. The part of it that machine files use. */
export type Shape = {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly const?: string | number | boolean
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
}

/** As in `a whole number from 1 to 1024`: what comes after "must be". */
export function mayBe(shape: Shape): string {
  if (shape.description !== undefined) return shape.description
  if (shape.anyOf) return either([...new Set(shape.anyOf.map(mayBe))])
  if (shape.const !== undefined) return String(shape.const)
  switch (shape.type ?? 'object') {
    case 'boolean':
      return 'true or false'
    case 'integer':
      return `a whole number${bounds(shape)}`
    case 'number':
      return `a number${bounds(shape)}`
    case 'string':
      return `text${length(shape)}`
    case 'array':
      return shape.minItems ? 'a list of at least one' : 'a list'
    default:
      return 'a mapping'
  }
}

function bounds({ minimum, exclusiveMinimum, maximum }: Shape): string {
  if (minimum !== undefined && maximum !== undefined)
    return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  if (exclusiveMinimum !== undefined && maximum === undefined)
    return ` above ${exclusiveMinimum}`
  if (exclusiveMinimum !== undefined)
    return ` above ${exclusiveMinimum} and up to ${maximum}`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}

function length({ minLength = 0, maxLength }: Shape): string {
  if (maxLength !== undefined) return ` of ${minLength} to ${maxLength} characters`
  return minLength > 0 ? ' that is not empty' : ''
}

function either(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`
}
