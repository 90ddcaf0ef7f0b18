/** Log pages. */
import { expect, test } from 'vitest'
import { ALL, driveOf, vfOf } from './drive.ts'

test('a failed command leaves an entry in the error log, the newest first', () => {
  const drive = driveOf('specification')
  drive.send({ opcode: 0x06, nsid: 7, cdw10: 0x99 })
  drive.send({ opcode: 0xc0 })

  const page = drive.log(0x01, 128)

  const entries = [0, 64].map((at) => ({
    count: page.readBigUInt64LE(at),
    queue: page.readUInt16LE(at + 8),
    status: (page.readUInt16LE(at + 12) >> 1).toString(16),
    nsid: page.readUInt32LE(at + 24),
  }))
  expect(entries).toEqual([
    { count: 2n, queue: 0, status: '4001', nsid: 0 },
    { count: 1n, queue: 0, status: '4002', nsid: 7 },
  ])
  expect(drive.log(0x02).readBigUInt64LE(176), 'SMART counts them').toBe(2n)
})

test('the error log keeps the last 64 of them, and counts all', () => {
  const drive = driveOf('specification')
  for (let n = 0; n < 70; n++) drive.send({ opcode: 0xc0 })

  const page = drive.log(0x01, 4096)

  expect(drive.identify(0x01)[262], 'ELPE, 0’s based').toBe(63)
  expect([page.readBigUInt64LE(0), page.readBigUInt64LE(63 * 64)]).toEqual([70n, 7n])
})

test('each controller has its own errors', () => {
  const drive = driveOf('specification')
  drive.send({ opcode: 0xc0 }, vfOf(drive, 2))

  expect(drive.log(0x01, 64).readBigUInt64LE(0)).toBe(0n)
  expect(drive.log(0x01, 64, vfOf(drive, 2)).readBigUInt64LE(0)).toBe(1n)
})

test('QEMU’s error log is one entry, empty whatever failed', () => {
  const drive = driveOf('qemu-7.2')
  drive.send({ opcode: 0xc0 })

  expect(drive.log(0x01, 4096).equals(Buffer.alloc(64))).toBe(true)
  expect(drive.log(0x02).readBigUInt64LE(176)).toBe(0n)
})

test('health of a drive of silicon has spare, QEMU’s has none', () => {
  const health = (device: 'qemu-7.2' | 'plain') => {
    const page = driveOf(device, { sriov: 'none' }).log(0x02)
    return [page.readUInt16LE(1), page[3], page[4]]
  }

  expect(health('plain')).toEqual([323, 100, 10])
  expect(health('qemu-7.2')).toEqual([323, 0, 0])
})

test('the firmware slot log tells the active slot', () => {
  const slot = (device: 'qemu-7.2' | 'plain') => {
    const page = driveOf(device, { sriov: 'none' }).log(0x03)
    return [page[0], page.toString('latin1', 8, 16)]
  }

  expect(slot('plain')).toEqual([1, '1.0     '])
  expect(slot('qemu-7.2')).toEqual([1, '1.0     '])
})

test('no namespace has changed that the driver has not heard of', () => {
  expect(driveOf('qemu-7.2').log(0x04, 4096).equals(Buffer.alloc(4096))).toBe(true)
})

const log = (cdw10: number, more = {}) => ({ opcode: 0x02, nsid: ALL, cdw10, ...more })

test('offsets, lengths and pages that are not there are refused', () => {
  const qemu = driveOf('qemu-7.2')

  expect(qemu.status(log(0x05, { cdw12: 2 })), 'not a dword').toBe('0x4002')
  expect(qemu.status(log(0x05, { cdw12: 4096 })), 'past the end').toBe('0x4002')
  expect(qemu.status(log(0x05, { cdw11: 2 })), 'over MDTS').toBe('0x4002')
  expect(qemu.status(log(0x81)), 'no Sanitize').toBe('0x4002')
  expect(qemu.status({ ...log(0x02), nsid: 2 }), 'not attached').toBe('0x400b')
  expect(driveOf('specification').status(log(0x70))).toBe('0x4109')
})

test('part of a page comes from its offset', () => {
  const drive = driveOf('qemu-7.2')
  const whole = drive.log(0x05, 4096)

  const part = drive.send(log(3 * 65536 + 0x05, { cdw12: 4 * 0x15 })).data

  expect(Buffer.from(part)).toEqual(whole.subarray(0x54, 0x64))
})
