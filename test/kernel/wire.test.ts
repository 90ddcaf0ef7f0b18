import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KernelCall } from '../../src/kernel/call.ts'
import { fromLine, toLine } from '../../src/kernel/wire.ts'

test('bytes and text come back as they went', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (text, bytes) => {
      const call: KernelCall = {
        call: 'admin',
        device: text,
        command: { opcode: 0x15, nsid: 1, dataOut: bytes },
      }
      const line = toLine(call)

      expect(line.indexOf('\n')).toBe(line.length - 1)
      expect(fromLine(line)).toEqual(call)
    })
  )
})

test('a Buffer, even one that is part of another, comes back as its own bytes', () => {
  const whole = Buffer.from([1, 2, 3, 4])

  expect(fromLine(toLine({ answer: whole.subarray(1, 3) }))).toEqual({
    answer: new Uint8Array([2, 3]),
  })
})
