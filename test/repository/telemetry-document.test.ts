/** docs/telemetry.md is what the code writes. */
import { expect, test } from 'vitest'
import { DEAF_BYTES, FULL_BYTES } from '../../src/api/socket/outbox.ts'
import {
  AT,
  COLUMNS,
  HEADER_BYTES,
  QID,
  SOURCE_BITS,
  UNCOUNTED_CODES,
  UNTRACED_CODES,
  WHY_CODES,
} from '../../src/telemetry/frame-layout.ts'
import { read, tableRows } from './documents.ts'

const document = read('docs/telemetry.md')
const TYPES = { 2: 'Uint16', 4: 'Float32', 8: 'Float64' } as const
const SIZES: Readonly<Record<string, number>> = {
  Uint8: 1,
  Uint16: 2,
  Uint32: 4,
  Float64: 8,
  '6 bytes': 6,
  '16 bytes': 16,
}

test('the header has the fields of the table, one after the other', () => {
  const rows = tableRows(document, 'at')

  expect(rows.map(([at, , field]) => [field, Number(at)])).toEqual(Object.entries(AT))
  let end = 0
  for (const [at, type = ''] of rows) {
    expect(Number(at)).toBe(end)
    end += SIZES[type] ?? NaN
  }
  expect(end).toBe(HEADER_BYTES)
})

test('columns, sources and reasons are those of the code', () => {
  const columns = Object.entries({ ...COLUMNS, qid: QID }).map(
    ([name, { bit, bytes, perRow }]) => [`${bit}`, name, TYPES[bytes], `${perRow}`]
  )

  expect(tableRows(document, 'bit')).toEqual(columns)
  expect(tableRows(document, 'source')).toEqual(words(SOURCE_BITS))
  expect(tableRows(document, 'why')).toEqual(words(WHY_CODES))
  expect(tableRows(document, 'why no interrupts')).toEqual(words(UNCOUNTED_CODES))
  expect(tableRows(document, 'why no trace')).toEqual(words(UNTRACED_CODES))
})

test('the limits of a slow reader are those of the code', () => {
  expect(document).toContain(`${FULL_BYTES / 1024} KiB`)
  expect(document).toContain(`${DEAF_BYTES / 1024 / 1024} MiB`)
})

function words(codes: Readonly<Record<string, number>>): readonly string[][] {
  return Object.entries(codes).map(([name, code]) => [name, `${code}`])
}
