/** Format NVM and Sanitize. */
import { expect, test } from 'vitest'
import { ALL, driveOf, namespace, NAMESPACE_BYTES } from './drive.ts'
import type { TestDrive } from './drive.ts'

const format = (nsid: number, cdw10: number) => ({ opcode: 0x80, nsid, cdw10 })
const sanitize = (cdw10: number) => ({ opcode: 0x84, cdw10 })
const SECURE = { none: 0, user: 1 << 9, crypto: 2 << 9 }

function sizes(drive: TestDrive, nsid: number): readonly number[] {
  const page = drive.identify(0x11, nsid)
  return [Number(page.readBigUInt64LE(0)), page.readUInt8(26) & 0xf]
}

test('a format changes the block size, and with it the number of blocks', () => {
  const drive = driveOf('qemu-7.2')

  expect(drive.status(format(1, 4))).toBe('0x0')

  expect(sizes(drive, 1)).toEqual([NAMESPACE_BYTES / 4096, 4])
  expect(sizes(drive, 2), 'no other').toEqual([NAMESPACE_BYTES / 512, 0])
})

test('metadata takes its share of the blocks, and protection is told', () => {
  const drive = driveOf('qemu-7.2')

  expect(drive.status(format(1, 1 | (1 << 4) | (2 << 5) | (1 << 8)))).toBe('0x0')

  const page = drive.identify(0x00, 1)
  expect(sizes(drive, 1)).toEqual([Math.floor(NAMESPACE_BYTES / 520), 1])
  expect([page[26], page[29]], 'FLBAS, DPS').toEqual([0x11, 0b1010])
})

const REFUSED = [
  ['a format that there is not', format(1, 8), '0x410a'],
  ['an extended one', format(1, 1 << 12), '0x410a'],
  ['protection without room for it', format(1, 1 << 5), '0x410a'],
  ['a type of protection that there is not', format(1, 1 | (5 << 5)), '0x4002'],
  ['a namespace that is not attached', format(2, 0), '0x4002'],
  ['a namespace that cannot be', format(1000, 0), '0x400b'],
] as const

test.for(REFUSED)('QEMU refuses %s', ([, command, status]) => {
  const drive = driveOf('qemu-7.2')

  expect(drive.status(command)).toBe(status)
  expect(sizes(drive, 1)).toEqual([NAMESPACE_BYTES / 512, 0])
})

test('all namespaces of the asking controller are formatted by FFFFFFFFh', () => {
  const drive = driveOf('qemu-7.2')
  drive.attach(2, 0)

  drive.send(format(ALL, 4))

  expect([1, 2, 3].map((nsid) => sizes(drive, nsid)[1])).toEqual([4, 4, 0])
})

test('secure erase: QEMU takes any, a drive what it says that it can', () => {
  const reserved = format(1, 3 << 9)

  expect(driveOf('qemu-7.2').status(reserved)).toBe('0x0')
  expect(driveOf('specification').status(reserved)).toBe('0x4002')
  expect(driveOf('specification').status(format(1, SECURE.crypto))).toBe('0x0')
  expect(driveOf('specification').identify(0x01)[524], 'FNA').toBe(0b100)
})

test('a plain drive formats and erases all of its namespaces for one', () => {
  const drive = driveOf('plain', {
    sriov: 'none',
    namespaces: [namespace(1, true), namespace(2, true)],
  })

  expect(drive.identify(0x01)[524], 'FNA').toBe(0b111)
  expect(drive.status(format(1, 1))).toBe('0x0')
  expect(drive.identify(0x00, 2).readUInt8(26)).toBe(1)
  expect(drive.status(format(2, SECURE.user))).toBe('0x0')
  expect(drive.identify(0x00, 1).readUInt8(26)).toBe(0)
})

/** SPROG and SSTAT. */
function progress(drive: TestDrive): readonly number[] {
  const page = drive.log(0x81)
  return [page.readUInt16LE(0), page.readUInt16LE(2)]
}

test('Sanitize takes its time by the clock, and tells how far it is', () => {
  const drive = driveOf('specification')
  const before = progress(drive)
  drive.pass(10_000)

  expect(drive.status(sanitize(2))).toBe('0x0')
  const started = progress(drive)
  drive.pass(30_000)
  const quarter = progress(drive)
  drive.pass(90_000)
  const done = progress(drive)

  expect(before, 'never').toEqual([0xffff, 0])
  expect(started, 'in progress').toEqual([0, 2])
  expect(quarter, 'a quarter of 120 s').toEqual([0x4000, 2])
  expect(done, 'done').toEqual([0xffff, 1])
  expect(drive.log(0x81).readUInt32LE(4), 'the command').toBe(2)
  expect([8, 12, 16].map((at) => drive.log(0x81).readUInt32LE(at))).toEqual([3600, 120, 2])
})

test('while a Sanitize runs, what changes the drive is refused, and it can be read', () => {
  const drive = driveOf('specification')
  drive.send(sanitize(4))

  expect(drive.status(format(1, 0)), 'to be tried again').toBe('0x1d')
  expect(drive.status(sanitize(4))).toBe('0x1d')
  expect(drive.attach(2, 0)).toBe('0x1d')
  expect(drive.virt(8, 1, 0, 2)).toBe('0x1d')
  expect(drive.identify(0x01).length).toBe(4096)
  drive.pass(2_000)
  expect(drive.attach(2, 0)).toBe('0x0')
})

test('Sanitize does what the drive says that it can', () => {
  const plain = driveOf('plain', { sriov: 'none' })

  expect(plain.identify(0x01).readUInt32LE(328), 'SANICAP').toBe(0b011)
  expect(plain.status(sanitize(3)), 'overwrite').toBe('0x4002')
  expect(plain.status(sanitize(0)), 'reserved').toBe('0x4002')
  expect(plain.status(sanitize(1)), 'nothing failed').toBe('0x0')
  expect(driveOf('qemu-7.2').identify(0x01).readUInt32LE(328)).toBe(0)
})
