import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatNvm, type CurrentFormat } from '../../src/nvme/admin-commands.ts'
import { commandInWords } from '../../src/nvme/command-words.ts'
import { isMarked, markerOf, sampledBlocks } from '../../src/nvme/erase-markers.ts'
import { chooseErase, methodInWords } from '../../src/nvme/erase-method.ts'

const PLAIN: CurrentFormat = {
  formatIndex: 0,
  metadataInterleaved: false,
  protection: { type: 0, first: false },
}

test('a format names its namespace, and keeps what it would otherwise change', () => {
  const current = {
    formatIndex: 0b100011,
    metadataInterleaved: true,
    protection: { type: 2, first: true },
  }

  expect(formatNvm(3, PLAIN, 'user-data')).toMatchObject({
    opcode: 0x80,
    nsid: 3,
    cdw10: 1 << 9,
  })
  expect(formatNvm(3, current, 'cryptographic').cdw10).toBe(
    0b0011 | (1 << 4) | (2 << 5) | (1 << 8) | (2 << 9) | (0b10 << 12)
  )
  expect(commandInWords(formatNvm(3, PLAIN, 'cryptographic'))).toBe(
    'format namespace 3 with cryptographic erase'
  )
})

test('no format of every namespace, or of none, can be built', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 0xfffffffe, max: 2 ** 34 }), fc.integer({ max: 0 })),
      (nsid) => {
        expect(() => formatNvm(nsid, PLAIN, 'user-data')).toThrow(RangeError)
      }
    )
  )
  expect(() => formatNvm(1.5, PLAIN, 'user-data')).toThrow(RangeError)
})

const METHODS = [
  [
    { can: true, formatsAll: false, erasesAll: false, crypto: true },
    'format, cryptographic erase',
  ],
  [
    { can: true, formatsAll: false, erasesAll: false, crypto: false },
    'format, user-data erase',
  ],
  [{ can: false, formatsAll: false, erasesAll: false, crypto: true }, 'overwrite'],
  [{ can: true, formatsAll: true, erasesAll: false, crypto: true }, 'overwrite'],
  [{ can: true, formatsAll: false, erasesAll: true, crypto: true }, 'overwrite'],
] as const

test.for(METHODS)('a drive that says %j is erased by %s', ([says, method]) => {
  const chosen = chooseErase({
    optional: { format: says.can },
    format: {
      formatsAllNamespaces: says.formatsAll,
      erasesAllNamespaces: says.erasesAll,
      cryptographicErase: says.crypto,
    },
  })

  expect(methodInWords(chosen)).toBe(method)
})

test('samples are the first block, the last, and some of every part between', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 2 ** 45 }), (seed, blocks) => {
      const sampled = sampledBlocks(seed, blocks, 16)

      expect([sampled[0], sampled.at(-1)]).toEqual([0, blocks - 1])
      expect(sampled).toEqual(sampledBlocks(seed, blocks, 16))
      expect(new Set(sampled).size).toBe(sampled.length)
      const parts = new Set(sampled.map((block) => Math.floor(block / (blocks / 16))))
      if (blocks > 1_000) expect(parts.size).toBe(16)
      expect(sampled.every(Number.isSafeInteger)).toBe(true)
    })
  )
})

test('a marker is known again by a part of it, and never in zeroes or in another operation’s', () => {
  const markers = { token: 'a', blocks: [7], blockBytes: 512 }
  const marker = markerOf(markers, 7)

  expect(marker).toHaveLength(512)
  expect(isMarked(markers, marker)).toBe(true)
  expect(isMarked(markers, Buffer.concat([Buffer.alloc(448), marker.slice(0, 64)]))).toBe(
    true
  )
  expect(isMarked(markers, new Uint8Array(512))).toBe(false)
  expect(isMarked({ ...markers, token: 'b' }, marker)).toBe(false)
})
