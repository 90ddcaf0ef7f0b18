import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from '../../src/api/cursor.ts'
import { ControlPlaneError } from '../../src/errors.ts'

test('a cursor gives back the id that it was made of', () => {
  const id = fc
    .string({ minLength: 1, maxLength: 60 })
    .filter((text) => !text.includes('\n'))
  fc.assert(
    fc.property(id.map(wellFormed), (after) => {
      expect(decodeCursor('hosts', encodeCursor('hosts', after))).toBe(after)
    })
  )
})

test('any other text is refused as a field, never thrown as a bug', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (text) => {
      expect(() => decodeCursor('hosts', text)).toThrow(ControlPlaneError)
    })
  )
})

test('a cursor of one list is no cursor of another', () => {
  const cursor = encodeCursor('operations', 'id')

  expect(() => decodeCursor('hosts', cursor)).toThrow(ControlPlaneError)
})

/** Lone surrogates have no UTF-8. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}
