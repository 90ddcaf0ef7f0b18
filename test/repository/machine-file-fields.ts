/** What machine files may contain, as their schema has it: a table for each mapping, by where that stands. */
import type { TSchema } from 'typebox'
import { fleetSchema } from '../../src/emulator/fleet-schema.ts'
import { mayBe } from '../../src/emulator/fleet-words.ts'
import type { Shape } from '../../src/emulator/fleet-words.ts'

/** `name` as the file has it, whether it may be left out, and what it may be, in words. */
export type FieldOfSchema = {
  readonly name: string
  readonly required: boolean
  readonly words: string
}

/** By place, as `hosts[].subsystems[]`; the document itself is ``. */
export type Tables = ReadonlyMap<string, readonly FieldOfSchema[]>

export function tablesOfSchema(schema: TSchema = fleetSchema): Tables {
  const tables = new Map<string, readonly FieldOfSchema[]>()
  collect(schema as Shape, '', tables) // a schema of typebox is a JSON Schema
  return tables
}

function collect(
  shape: Shape,
  place: string,
  tables: Map<string, readonly FieldOfSchema[]>
): void {
  if (shape.items) collect(shape.items, `${place}[]`, tables)
  const mappings = branchesOf(shape).filter(({ properties }) => properties)
  if (mappings.length === 0) return
  const names = new Set(mappings.flatMap(({ properties = {} }) => Object.keys(properties)))
  const fields = Array.from(names, (name) => fieldOf(mappings, name))
  tables.set(
    place,
    fields.map(({ name, required, shapes }) => ({
      name,
      required,
      words: wordsOf(either(shapes)),
    }))
  )
  for (const { name, shapes } of fields)
    for (const one of shapes) collect(one, place === '' ? name : `${place}.${name}`, tables)
}

/** One of several mappings, as kinds of a fault, has one table: a field that some have is required where those have it. */
function fieldOf(mappings: readonly Shape[], name: string) {
  const having = mappings.filter(({ properties }) => properties?.[name])
  return {
    name,
    required: having.every(({ required }) => required?.includes(name)),
    shapes: having.flatMap(({ properties }) => properties?.[name] ?? []),
  }
}

function branchesOf(shape: Shape): readonly Shape[] {
  return shape.anyOf ? shape.anyOf.flatMap(branchesOf) : [shape]
}

function either(shapes: readonly Shape[]): Shape {
  const [only] = shapes
  return shapes.length === 1 && only ? only : { anyOf: shapes }
}

/** A list of plain values says what they are; a list of mappings has a table for that. */
function wordsOf(shape: Shape): string {
  const { items } = shape
  if (
    shape.description !== undefined ||
    !items ||
    items.properties ||
    items.anyOf?.some((one) => one.properties)
  )
    return mayBe(shape)
  return `${mayBe(shape)}, each ${mayBe(items)}`
}
