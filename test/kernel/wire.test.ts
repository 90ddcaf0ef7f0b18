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

test('a page of a drive is as long as what it says, and comes back whole', () => {
  const data = new Uint8Array(4096)
  data.set([7, 0, 1], 2)

  const line = toLine({ answer: { data } })

  expect(line.length).toBeLessThan(100)
  expect(fromLine(line)).toEqual({ answer: { data } })
})

test('a line of before zeros were left out is read as it was meant', () => {
  expect(fromLine('{"answer":{"$bytes":"AQAA"}}')).toEqual({
    answer: new Uint8Array([1, 0, 0]),
  })
})

test('a Buffer, even one that is part of another, comes back as its own bytes', () => {
  const whole = Buffer.from([1, 2, 3, 4])

  expect(fromLine(toLine({ answer: whole.subarray(1, 3) }))).toEqual({
    answer: new Uint8Array([2, 3]),
  })
})
