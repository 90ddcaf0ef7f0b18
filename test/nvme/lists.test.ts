import { expect, test } from 'vitest'
import {
  decodeControllerList,
  decodeNamespaceList,
  encodeControllerList,
} from '../../src/nvme/id-lists.ts'
import {
  decodeSecondaryList,
  readSecondaryList,
  type SecondaryEntry,
} from '../../src/nvme/secondary-list.ts'
import { SECONDARY_LIST, page } from './captured-pages.ts'

test('a namespace list ends at the first zero', () => {
  expect(decodeNamespaceList(page('01000000 02000000 03000000 04000000'))).toEqual([
    1, 2, 3, 4,
  ])
  expect(decodeNamespaceList(page('05000000 00000000 06000000'))).toEqual([5])
})

test('a full namespace list has 1024 entries', () => {
  const full = new Uint8Array(new Uint32Array(1024).map((_, i) => i + 1).buffer)

  expect(decodeNamespaceList(full)).toHaveLength(1024)
})

test('a controller list has as many entries as it says', () => {
  expect(decodeControllerList(page('0300 0000 0100 0200 0900'))).toEqual([0, 1, 2])
  expect(decodeControllerList(page('0000'))).toEqual([])
})

test('a controller list that claims more than its page holds is cut to it', () => {
  expect(decodeControllerList(page('ffff'))).toHaveLength(2047)
})

test('an encoded controller list is ascending and decodes to the same', () => {
  const encoded = encodeControllerList([65, 1, 300])

  expect(encoded).toHaveLength(4096)
  expect(decodeControllerList(encoded)).toEqual([1, 65, 300])
})

test('an empty controller list is not built', () => {
  expect(() => encodeControllerList([])).toThrow(RangeError)
})

test('the captured CNS 15h page gives two secondaries, one with vectors left', () => {
  const reading = readSecondaryList(decodeSecondaryList(SECONDARY_LIST), 0, 8)

  expect(reading).toEqual({
    trusted: true,
    secondaries: [
      {
        cntlid: 1,
        primaryCntlid: 0,
        state: 'offline',
        vfNumber: 1,
        held: { vq: 0, vi: 2 },
      },
      {
        cntlid: 2,
        primaryCntlid: 0,
        state: 'offline',
        vfNumber: 2,
        held: { vq: 0, vi: 0 },
      },
    ],
  })
})

test('a list that claims more entries than its page holds is cut to it', () => {
  expect(decodeSecondaryList(page('ff'))).toHaveLength(127)
})

const entry: SecondaryEntry = {
  cntlid: 1,
  primaryCntlid: 0,
  stateCode: 0,
  vfNumber: 1,
  vq: 0,
  vi: 0,
}

test.for<{ why: string; entries: readonly SecondaryEntry[] }>([
  { why: 'names 5 as its primary', entries: [{ ...entry, primaryCntlid: 5 }] },
  { why: 'has state 2', entries: [{ ...entry, stateCode: 2 }] },
  { why: 'is VF 9 of 8', entries: [{ ...entry, vfNumber: 9 }] },
  { why: 'cntlid 1 occurs twice', entries: [entry, { ...entry, vfNumber: 2 }] },
  { why: 'VF number 1 occurs twice', entries: [entry, { ...entry, cntlid: 2 }] },
])('a secondary list is not believed when one $why', ({ why, entries }) => {
  const reading = readSecondaryList(entries, 0, 8)

  expect(reading).toEqual({ trusted: false, oddity: expect.stringContaining(why) })
})

test('several secondaries may be no SR-IOV VFs', () => {
  const entries = [
    { ...entry, vfNumber: 0 },
    { ...entry, cntlid: 2, vfNumber: 0 },
  ]

  expect(readSecondaryList(entries, 0, 0).trusted).toBe(true)
})
