import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { parseFleet } from '../../src/emulator/fleet-file.ts'
import { mapping } from '../../src/emulator/fleet-fields.ts'
import { fencedBlocks, headings, read, tableRows } from './documents.ts'
import { tablesOfSchema } from './machine-file-fields.ts'
import type { FieldOfSchema } from './machine-file-fields.ts'

const DOCUMENT = 'docs/machine-files.md'
const text = read(DOCUMENT)
const schema = tablesOfSchema()

/** The heading of the table's first column. */
function headingOf(place: string): string {
  return place === '' ? 'document' : `\`${place}\``
}

function inTheDocument(place: string): readonly FieldOfSchema[] {
  const rows = tableRows(text, headingOf(place))
  return rows.map(([name = '', fallback = '', words = '', meaning = '']) => {
    expect([fallback, meaning], `${place}.${name}`).not.toContain('')
    return {
      name: name.replaceAll('`', ''),
      required: fallback === '**required**',
      words: words.replaceAll('\\', ''),
    }
  })
}

test.for([...schema.keys()])('the fields of "%s" are those of the schema', (place) => {
  expect(inTheDocument(place)).toEqual(schema.get(place))
})

test('there is no table but those of the schema, and each only once', () => {
  const tables = headings(text)

  expect(tables.length).toBeGreaterThan(10)
  expect(tables.toSorted()).toEqual([...schema.keys()].map(headingOf).toSorted())
})

test('every example is loaded', () => {
  const examples = fencedBlocks(text, 'yaml')

  expect(examples.length).toBeGreaterThan(1)
  for (const example of examples)
    expect(parseFleet(example, DOCUMENT).hosts.length).toBeGreaterThan(0)
})

test('the whole example has every field but those of other kinds of faults', () => {
  const example = fencedBlocks(text, 'yaml').at(-1) ?? ''
  const [host] = parseFleet(example, DOCUMENT).hosts

  const names = [...schema.values()].flat().map(({ name }) => name)
  const unused = new Set(names.filter((name) => !new RegExp(`\\b${name}:`).test(example)))
  expect(host?.faults?.length).toBe(2)
  expect([...unused].toSorted()).toEqual(NOT_SHOWN)
})

/** Beside those of other faults: what contradicts what is shown. */
const NOT_SHOWN = ['cdw10', 'cdw11', 'count', 'depth', 'errno', 'ms', 'text', 'vfGroup']

test('of several mappings the table has every field, required where all that have it require it', () => {
  const kinds = mapping({
    load: Type.Union([
      mapping({ model: Type.Literal('steady'), iops: Type.Integer() }),
      mapping({ model: Type.Literal('queue'), depth: Type.Optional(Type.Integer()) }),
    ]),
  })

  expect(tablesOfSchema(kinds).get('load')).toEqual([
    { name: 'model', required: true, words: 'steady or queue' },
    { name: 'iops', required: true, words: 'a whole number' },
    { name: 'depth', required: false, words: 'a whole number' },
  ])
})
