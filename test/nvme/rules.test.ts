import { expect, test } from 'vitest'
import { refusalsOf } from '../../src/nvme/budget.ts'
import { deviceSerialNumber } from '../../src/nvme/pci-capabilities.ts'
import { decodePrimaryCapabilities } from '../../src/nvme/primary-capabilities.ts'
import { meansEnableVfsFirst, profileOf } from '../../src/nvme/profiles/drive-profile.ts'
import { isDoNotRetry, statusCode, statusName, withoutDnr } from '../../src/nvme/status.ts'
import { PRIMARY_CAPABILITIES, patched, u32 } from './captured-pages.ts'

test('statuses are compared without Do Not Retry, More and delay', () => {
  expect(statusCode(0x7920)).toBe(0x120)
  expect(withoutDnr(0x4120)).toBe(0x120)
  expect(isDoNotRetry(0x4120)).toBe(true)
  expect(isDoNotRetry(0x2120)).toBe(false)
})

test.for([
  [0x411f, 'Invalid Controller Identifier'],
  [0x4120, 'Invalid Secondary Controller State'],
  [0x4121, 'Invalid Number of Controller Resources'],
  [0x4122, 'Invalid Resource Identifier'],
  [0x4118, 'Namespace Already Attached'],
  [0x41ab, 'Status Code Type 1, Status Code ABh'],
] as const)('status %i is %s', ([status, name]) => {
  expect(statusName(status)).toBe(name)
})

const primary = decodePrimaryCapabilities(PRIMARY_CAPABILITIES) // free: 28 VQ, 22 VI

test('a request within the pool has no refusals', () => {
  expect(
    refusalsOf(primary, [
      { vq: 4, vi: 4 },
      { vq: 3, vi: 3 },
    ])
  ).toEqual([])
  expect(refusalsOf(primary, [])).toEqual([])
})

test.for([
  {
    wanted: [{ vq: 1, vi: 1 }],
    refusal: { resource: 'vq', refused: 'below-minimum', requested: 1, minimum: 2 },
  },
  {
    wanted: [{ vq: 2, vi: 0 }],
    refusal: { resource: 'vi', refused: 'below-minimum', requested: 0, minimum: 1 },
  },
  {
    wanted: [{ vq: 9, vi: 1 }],
    refusal: {
      resource: 'vq',
      refused: 'above-secondary-maximum',
      requested: 9,
      maximum: 8,
    },
  },
  {
    wanted: Array.from({ length: 4 }, () => ({ vq: 2, vi: 6 })),
    refusal: { resource: 'vi', refused: 'not-free', requested: 24, available: 22 },
  },
] as const)('a budget of $wanted is refused: $refusal', ({ wanted, refusal }) => {
  expect(refusalsOf(primary, wanted)).toEqual([refusal])
})

test('what the same secondaries give back before counts as free', () => {
  const wanted = Array.from({ length: 4 }, () => ({ vq: 2, vi: 6 }))

  expect(refusalsOf(primary, wanted, { vq: 4, vi: 2 })).toEqual([])
})

test('every refusal of a request is given', () => {
  const refusals = refusalsOf(primary, [
    { vq: 30, vi: 0 },
    { vq: 1, vi: 30 },
  ])

  expect(refusals.map(({ resource, refused }) => `${resource} ${refused}`)).toEqual([
    'vq above-secondary-maximum',
    'vq below-minimum',
    'vq not-free',
    'vi below-minimum',
    'vi above-secondary-maximum',
    'vi not-free',
  ])
})

test('counts keep to the granularity of the drive', () => {
  const coarse = { ...primary, vq: { ...primary.vq, granularity: 2 } }

  expect(refusalsOf(coarse, [{ vq: 3, vi: 3 }])).toEqual([
    { resource: 'vq', refused: 'granularity', requested: 3, granularity: 2 },
  ])
  expect(refusalsOf(coarse, [{ vq: 4, vi: 3 }])).toEqual([])
})

test('a controller without flexible resources refuses each kind once', () => {
  const none = {
    ...primary,
    vq: { ...primary.vq, total: 0 },
    vi: { ...primary.vi, supported: false },
  }

  expect(
    refusalsOf(none, [
      { vq: 2, vi: 1 },
      { vq: 2, vi: 1 },
    ])
  ).toEqual([
    { resource: 'vq', refused: 'not-flexible' },
    { resource: 'vi', refused: 'not-flexible' },
  ])
})

/** Advanced Error Reporting at 100h, Device Serial Number at 148h, as on many drives. */
const config = patched(
  4096,
  { at: 0x100, bytes: u32(0x14820001) },
  { at: 0x148, bytes: u32(0x00010003) },
  { at: 0x14c, bytes: u32(0x00a075ff) },
  { at: 0x150, bytes: u32(0x38252d01) }
)

test('the device serial number is found in the list of extended capabilities', () => {
  expect(deviceSerialNumber(config)).toBe('38252d0100a075ff')
})

test.for([
  ['a function without extended capabilities', new Uint8Array(4096)],
  ['configuration space of 256 bytes', config.subarray(0, 256)],
  ['a function that does not answer', new Uint8Array(4096).fill(0xff)],
  ['a list that runs in a circle', patched(4096, { at: 0x100, bytes: u32(0x10010001) })],
] as const)('there is no serial number in %s', ([, bytes]) => {
  expect(deviceSerialNumber(bytes)).toBeNull()
})

test.for([0, 0xffffffff])('a serial number of nothing but %i is none', (half) => {
  const blank = patched(
    4096,
    { at: 0x100, bytes: u32(0x00010003) },
    { at: 0x104, bytes: u32(half) },
    { at: 0x108, bytes: u32(half) }
  )

  expect(deviceSerialNumber(blank)).toBeNull()
})

test('both answers of the drives we know mean that VFs come first', () => {
  const qemu = profileOf({ vendor: '0x1b36', device: '0x0010' })
  const samsung = profileOf({ vendor: '0x144D', device: '0xa824' })
  const other = profileOf({ vendor: '0x8086', device: '0x0a54' })

  expect([qemu.name, samsung.name, other.name]).toEqual([
    'QEMU NVMe Ctrl',
    'Samsung PM1733',
    'NVMe',
  ])
  expect(meansEnableVfsFirst(qemu, 0x4120)).toBe(true)
  expect(meansEnableVfsFirst(samsung, 0x411f)).toBe(true)
  expect(meansEnableVfsFirst(samsung, 0x4120)).toBe(false)
})
