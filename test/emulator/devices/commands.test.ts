/** Which commands each device has, and what it says of those that it has not. */
import { expect, test } from 'vitest'
import type { DeviceName } from '../../../src/emulator/devices/device-policy.ts'
import { enableVfs } from '../../../src/emulator/devices/resets.ts'
import { driveOf, primaryOf, vfOf } from './drive.ts'
import type { TestDrive } from './drive.ts'

const NAMESPACE_MANAGEMENT = 0x0d
const NAMESPACE_ATTACHMENT = 0x15
const VIRTUALIZATION = 0x1c
const DOORBELL_BUFFERS = 0x7c
const FORMAT = 0x80
const SANITIZE = 0x84
const OPTIONAL = [
  NAMESPACE_MANAGEMENT,
  NAMESPACE_ATTACHMENT,
  VIRTUALIZATION,
  DOORBELL_BUFFERS,
  FORMAT,
  SANITIZE,
]

type Who = 'plain' | 'primary' | 'VF'

/** Device, who asks, OACS, the optional commands that it has. */
const HAVE: readonly (readonly [DeviceName, Who, number, readonly number[]])[] = [
  ['qemu-7.2', 'plain', 0x10a, [0x15, 0x1c, 0x7c, 0x80]],
  ['qemu-7.2', 'primary', 0x10a, [0x15, 0x1c, 0x7c, 0x80]],
  ['qemu-7.2', 'VF', 0x10a, [0x15, 0x1c, 0x7c, 0x80]],
  ['qemu-10', 'plain', 0x12a, [0x15, 0x7c, 0x80]],
  ['qemu-10', 'primary', 0x1aa, [0x15, 0x1c, 0x7c, 0x80]],
  ['qemu-10', 'VF', 0x1aa, [0x15, 0x1c, 0x7c, 0x80]],
  ['specification', 'plain', 0x10a, [0x0d, 0x15, 0x7c, 0x80, 0x84]],
  ['specification', 'primary', 0x18a, [0x0d, 0x15, 0x1c, 0x7c, 0x80, 0x84]],
  ['specification', 'VF', 0x102, [0x7c, 0x80]],
  ['pm1733', 'primary', 0x08a, [0x0d, 0x15, 0x1c, 0x80, 0x84]],
  ['pm1733', 'VF', 0x002, [0x80]],
  ['plain', 'plain', 0x002, [0x80, 0x84]],
]

test.for(HAVE)(
  '%s, %s: OACS, the effects log and the answers agree',
  ([device, who, oacs, has]) => {
    const { drive, asked } = askedOf(device, who)

    const effects = drive.log(0x05, 4096, asked)
    const supported = OPTIONAL.filter((opcode) => effects.readUInt32LE(4 * opcode) & 1)
    const answered = OPTIONAL.filter(
      (opcode) => (drive.send({ opcode }, asked).status & 0x7ff) !== 0x001
    )

    expect(drive.identify(0x01, 0, asked).readUInt16LE(256)).toBe(oacs)
    expect(supported).toEqual(has)
    expect(answered).toEqual(has)
  }
)

function askedOf(device: DeviceName, who: Who) {
  const drive = driveOf(device, who === 'plain' ? { sriov: 'none' } : {})
  if (who !== 'VF') return { drive, asked: drive.first }
  primaryVfs(drive)
  return { drive, asked: vfOf(drive, 1) }
}

function primaryVfs(drive: TestDrive): void {
  const primary = primaryOf(drive)
  if (primary.policy.secondaries.exist === 'always') return
  enableVfs(primary, 1)
}

const UNKNOWN = [0x03, 0x10, 0x14, 0x18, 0x81, 0xc0, 0xff]

test.for(UNKNOWN)('opcode %i is unknown to every device', (opcode) => {
  const answers = (['qemu-7.2', 'qemu-10', 'specification', 'pm1733'] as const).map(
    (device) => driveOf(device).status({ opcode })
  )

  expect(answers, 'a PM1733 leaves Do Not Retry out').toEqual([
    '0x4001',
    '0x4001',
    '0x4001',
    '0x1',
  ])
})

test('Abort finds everything completed, and no queue that is not granted', () => {
  const drive = driveOf('qemu-7.2')
  const abort = (queue: number) => drive.send({ opcode: 0x08, cdw10: queue })

  expect([abort(0).status, abort(2).status, abort(0).result]).toEqual([0, 0, 1])
  expect([abort(3).status, abort(3).result]).toEqual([0x4002, 1])
})

test('queues are the driver’s, and a further event request is one too many', () => {
  const drive = driveOf('specification')

  expect([0x00, 0x01, 0x04, 0x05].map((opcode) => drive.status({ opcode }))).toEqual([
    '0x4101',
    '0x4101',
    '0x4101',
    '0x4101',
  ])
  expect(drive.status({ opcode: 0x0c })).toBe('0x105')
})

test('doorbell buffers are accepted where they are offered', () => {
  expect(driveOf('specification').status({ opcode: DOORBELL_BUFFERS })).toBe('0x0')
  expect(driveOf('pm1733').status({ opcode: DOORBELL_BUFFERS })).toBe('0x1')
})
