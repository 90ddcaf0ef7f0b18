/** What is wrong with the shape of a value: one fault for each field, in the words of the format. */
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { DOCUMENT, within } from './fleet-fault.ts'
import type { FleetFault } from './fleet-fault.ts'
import { mayBe } from './fleet-words.ts'
import type { Shape } from './fleet-words.ts'

/** None means that the value is as the schema says. */
export function shapeFaults(schema: TSchema, value: unknown): readonly FleetFault[] {
  if (Value.Check(schema, value)) return []
  return faultsAt(schema as Shape, value, DOCUMENT) // a schema of typebox is a JSON Schema
}

function faultsAt(shape: Shape, value: unknown, at: string): readonly FleetFault[] {
  if (shape.anyOf) return unionFaults(shape, shape.anyOf, value, at)
  if (shape.properties && isMapping(value)) return mappingFaults(shape, value, at)
  if (shape.items && Array.isArray(value)) return listFaults(shape, value, at)
  return accepts(shape, value) ? [] : [mustBe(shape, value, at)]
}

function mappingFaults(
  { properties = {}, required = [] }: Shape,
  value: Readonly<Record<string, unknown>>,
  at: string
): readonly FleetFault[] {
  const known = Object.entries(properties)
  const missing = known.filter(([name]) => required.includes(name) && !(name in value))
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(properties, name))
  return [
    ...missing.map(([name, shape]) => ({
      field: within(at, name),
      reason: `is missing: must be ${mayBe(shape)}`,
    })),
    ...unknown.map((name) => ({
      field: within(at, name),
      reason: `is not a field here: known are ${Object.keys(properties).join(', ')}`,
    })),
    ...known
      .filter(([name]) => Object.hasOwn(value, name))
      .flatMap(([name, shape]) => faultsAt(shape, value[name], within(at, name))),
  ]
}

function listFaults(
  shape: Shape,
  value: readonly unknown[],
  at: string
): readonly FleetFault[] {
  const { items = {} } = shape
  const own = accepts({ ...shape, items: {} }, value) ? [] : [mustBe(shape, value, at)]
  return [...own, ...value.flatMap((item, i) => faultsAt(items, item, within(at, i)))]
}

/** Of several shapes the one that was meant: those whose tag the value has, and of them the one with fewest faults. */
function unionFaults(
  shape: Shape,
  branches: readonly Shape[],
  value: unknown,
  at: string
): readonly FleetFault[] {
  const tag = isMapping(value) ? tagOf(branches) : undefined
  const meant = branches.filter((branch) => tag === undefined || hasTag(branch, tag, value))
  if (tag !== undefined && meant.length === 0) return [mustBeOneOf(branches, tag, at)]
  const [fewest] = meant
    .map((branch) => faultsAt(branch, value, at))
    .filter((faults) => faults.every(({ field }) => field !== at))
    .toSorted((a, b) => a.length - b.length)
  return fewest ?? [mustBe(shape, value, at)]
}

function hasTag({ properties }: Shape, tag: string, value: unknown): boolean {
  return isMapping(value) && properties?.[tag]?.const === value[tag]
}

/** The field whose constant tells every branch from the others. */
function tagOf(branches: readonly Shape[]): string | undefined {
  const [first] = branches
  return Object.keys(first?.properties ?? {}).find((name) =>
    branches.every(({ properties }) => properties?.[name]?.const !== undefined)
  )
}

function mustBeOneOf(branches: readonly Shape[], tag: string, at: string): FleetFault {
  const known = branches.flatMap(({ properties }) => properties?.[tag] ?? [])
  return { field: within(at, tag), reason: `must be ${mayBe({ anyOf: known })}` }
}

function mustBe(shape: Shape, value: unknown, at: string): FleetFault {
  const hint =
    shape.type === 'string' && typeof value === 'number'
      ? ' (without quotes YAML reads a number here)'
      : ''
  return { field: at, reason: `must be ${mayBe(shape)}${hint}` }
}

function accepts(shape: Shape, value: unknown): boolean {
  return Value.Check(shape as TSchema, value)
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
