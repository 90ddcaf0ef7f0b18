/** Get Features and Set Features, as QEMU checks them. */
import { expect, test } from 'vitest'
import { ALL, driveOf } from './drive.ts'

const get = (fid: number, cdw11 = 0, nsid = 0, select = 0) => ({
  opcode: 0x0a,
  nsid,
  cdw10: select * 256 + fid,
  cdw11,
})
const set = (fid: number, cdw11 = 0, nsid = 0) => ({
  opcode: 0x09,
  nsid,
  cdw10: fid,
  cdw11,
})

test('queues are granted by VQ, and cannot be asked for again', () => {
  const drive = driveOf('qemu-7.2')

  expect(drive.send(get(0x07)).result, '2 and 2, 0’s based').toBe(0x00010001)
  expect(drive.status(set(0x07, 0x00030003))).toBe('0x400c')
})

test('a set feature is got again, and its default beside it', () => {
  const drive = driveOf('qemu-7.2')

  expect(drive.status(set(0x0b, 0x300))).toBe('0x0')

  expect(drive.send(get(0x0b)).result).toBe(0x300)
  expect(drive.send(get(0x0b, 0, 0, 1)).result, 'default').toBe(0)
  expect(drive.send(get(0x0b, 0, 0, 3)).result, 'changeable').toBe(0b100)
})

test('a temperature threshold below the temperature makes SMART warn', () => {
  const drive = driveOf('qemu-7.2')
  const before = drive.log(0x02)[0]

  drive.send(set(0x04, 320))

  expect([before, drive.log(0x02)[0]]).toEqual([0, 0b10])
  expect(drive.send(get(0x04)).result).toBe(320)
  expect(drive.send(get(0x04, 1 << 16)).result, 'a sensor that is not there').toBe(0)
})

test('a feature of a namespace is of that namespace', () => {
  const drive = driveOf('qemu-7.2')

  expect(drive.status(set(0x05, 7, 1))).toBe('0x0')

  expect(drive.send(get(0x05, 0, 1)).result).toBe(7)
  drive.attach(2, 0)
  expect(drive.send(get(0x05, 0, 2)).result).toBe(0)
  expect(drive.status(set(0x05, 9, ALL))).toBe('0x0')
  expect(drive.send(get(0x05, 0, 2)).result).toBe(9)
})

const REFUSED = [
  ['an unknown feature', get(0x3f), '0x4002'],
  ['to set an unknown feature', set(0x3f), '0x4002'],
  ['to save', { opcode: 0x09, cdw10: 0x8000000b }, '0x410d'],
  ['to set what cannot be changed', set(0x01, 3), '0x410e'],
  ['a feature of the controller for a namespace', set(0x0b, 0, 1), '0x410f'],
  ['an NSID that cannot be', set(0x0b, 0, 1000), '0x400b'],
  ['a feature of a namespace for all', get(0x05, 0, ALL), '0x400b'],
  ['a feature of a namespace that is not attached', get(0x05, 0, 2), '0x4002'],
  ['a vector that is not there', get(0x09, 9), '0x4002'],
  ['a threshold that is neither over nor under', get(0x04, 2 << 20), '0x4002'],
  ['a combination of command sets', set(0x19, 1), '0x412b'],
] as const

test.for(REFUSED)('refused: %s', ([, command, status]) => {
  expect(driveOf('qemu-7.2').status(command)).toBe(status)
})

test('vectors, timestamp and host behavior are told', () => {
  const drive = driveOf('qemu-7.2')
  drive.pass(70_000)

  expect(drive.send(get(0x09, 0)).result, 'the admin queue’s is not coalesced').toBe(
    0x10000
  )
  expect(drive.send(get(0x09, 2)).result).toBe(2)
  expect(Buffer.from(drive.send(get(0x0e)).data).readUIntLE(0, 6)).toBe(70_000)
  expect(drive.send(get(0x16)).data[2], 'extended LBA formats').toBe(1)
})
