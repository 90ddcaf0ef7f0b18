import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BurstMaker, OPCODE, textMessage } from '../../src/api/socket/burst.ts'
import { messagesOf } from './framing.ts'

const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]

test('messages of every length are framed as RFC 6455 says, none masked, none in fragments', () => {
  const maker = new BurstMaker()
  for (const length of LENGTHS)
    maker.add(`f${length}`, OPCODE.binary, new Uint8Array(length).fill(length % 251))

  const { bytes, messages } = maker.finish()

  const read = messagesOf(bytes)
  expect(read.map(({ payload }) => payload.length)).toEqual(LENGTHS)
  expect(new Set(read.map(({ first }) => first))).toEqual(new Set([0x82]))
  for (const [n, { payload }] of read.entries())
    expect(payload.every((byte) => byte === LENGTHS[n]! % 251)).toBe(true)
  expect(messages.map(({ functionId }) => functionId)).toEqual(LENGTHS.map((l) => `f${l}`))
})

test('each message of a burst can be taken out of it, and is whole', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
      (payloads) => {
        const maker = new BurstMaker()
        payloads.forEach((payload, n) => maker.add(`${n}`, OPCODE.text, payload))

        const { bytes, messages } = maker.finish()

        const alone = messages.map(({ begin, end }) =>
          messagesOf(bytes.subarray(begin, end))
        )
        expect(alone.map((read) => read.map(({ payload }) => [...payload]))).toEqual(
          payloads.map((payload) => [[...payload]])
        )
      }
    )
  )
})

test('a burst that is still on its way is not written to by the next', () => {
  const maker = new BurstMaker()
  maker.add('a', OPCODE.text, Buffer.from('first'))
  const first = maker.finish()

  maker.add('a', OPCODE.text, Buffer.from('other'))
  const second = maker.finish()

  expect(messagesOf(first.bytes).map(({ text }) => text)).toEqual(['first'])
  expect(messagesOf(second.bytes).map(({ text }) => text)).toEqual(['other'])
  expect(maker.finish().messages).toEqual([])
})

test('a text message alone', () => {
  const [read] = messagesOf(textMessage('über'))

  expect([read?.first, read?.text]).toEqual([0x81, 'über'])
})
