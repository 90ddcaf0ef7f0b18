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

test('deflated messages are marked so, and each can be read without the others', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string(), fc.nat(200)), { maxLength: 20 }),
      (texts) => {
        const maker = new BurstMaker()
        const payloads = texts.map(([text, times]) => text.repeat(times))
        for (const payload of payloads)
          maker.addDeflated('f', OPCODE.text, Buffer.from(payload))

        const { bytes, messages } = maker.finish()

        const read = messages.flatMap(({ begin, end }) =>
          messagesOf(bytes.subarray(begin, end))
        )
        expect(read.map(({ text }) => text)).toEqual(
          payloads.map((text) => Buffer.from(text).toString())
        )
        const sizes = messages.map(({ begin, end }) => end - begin)
        for (const [n, { first, payload, isDeflated }] of read.entries()) {
          expect(first & 0x8f).toBe(0x81)
          if (isDeflated) expect(sizes[n]).toBeLessThan(payload.length + 10)
        }
      }
    )
  )
})

test('what would not become smaller is sent as it is, to those who compress too', () => {
  const maker = new BurstMaker()
  maker.addDeflated('a', OPCODE.binary, Buffer.from('ab'))
  maker.addDeflated('b', OPCODE.binary, new Uint8Array(1000))

  const { bytes } = maker.finish()

  expect(messagesOf(bytes).map(({ first }) => first)).toEqual([0x82, 0xc2])
  expect(bytes.length).toBeLessThan(50)
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
