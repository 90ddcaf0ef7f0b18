/** Namespaces: made, deleted, attached; whose they are at start. */
import { expect, test } from 'vitest'
import { ALL, driveOf, namespace, NAMESPACE_BYTES } from './drive.ts'
import type { TestDrive } from './drive.ts'
import { enabledByDriver } from '../../../src/emulator/devices/subsystem.ts'
import { controllerIds, namespaceIds } from '../machine-calls.ts'

type Wanted = {
  readonly blocks: number
  readonly capacity?: number
  readonly format?: number
  readonly shared?: boolean
}

function create({ blocks, capacity = blocks, format = 0, shared = true }: Wanted) {
  const dataOut = Buffer.alloc(4096)
  dataOut.writeBigUInt64LE(BigInt(blocks), 0)
  dataOut.writeBigUInt64LE(BigInt(capacity), 8)
  dataOut[26] = format
  dataOut[30] = shared ? 1 : 0
  return { opcode: 0x0d, cdw10: 0, dataOut }
}

const remove = (nsid: number) => ({ opcode: 0x0d, nsid, cdw10: 1 })
const GIB = 2 ** 30

/** Room for 1 GiB beside three namespaces of 64 MiB. */
function roomy(): TestDrive {
  return driveOf('specification', { capacityBytes: GIB + 3 * NAMESPACE_BYTES })
}

const allocated = (drive: TestDrive) => namespaceIds(drive.identify(0x10))
const attachedTo = (drive: TestDrive, nsid: number) =>
  controllerIds(drive.identify(0x12, nsid))

test('a namespace is made with the lowest free NSID, attached to nobody', () => {
  const drive = roomy()

  const made = drive.send(create({ blocks: 1000, format: 1 }))

  expect([made.status, made.result]).toEqual([0, 4])
  expect(allocated(drive)).toEqual([1, 2, 3, 4])
  expect(attachedTo(drive, 4)).toEqual([])
  const page = drive.identify(0x11, 4)
  expect([page.readBigUInt64LE(0), page[26], page[30]]).toEqual([1000n, 1, 1])
})

test('a namespace is made with the protection that is asked for, where its format has room', () => {
  const drive = roomy()
  const wanted = create({ blocks: 1000 })
  wanted.dataOut[29] = 1

  expect(drive.status(wanted)).toBe('0x4002')
  wanted.dataOut[29] = 0
  wanted.dataOut[26] = 0x10
  expect(drive.send(wanted).status).toBe(0)

  expect(drive.identify(0x11, 4)[26]).toBe(0x10)
})

test('capacity is taken and given back', () => {
  const drive = roomy()
  const unallocated = () => Number(drive.identify(0x01).readBigUInt64LE(296))

  const before = unallocated()
  drive.send(create({ blocks: 1024, format: 1 }))
  const less = unallocated()
  drive.send(remove(4))

  expect([before, less, unallocated()]).toEqual([GIB, GIB - 4 * 2 ** 20, GIB])
  expect(Number(drive.identify(0x01).readBigUInt64LE(280)), 'TNVMCAP').toBe(
    GIB + 3 * NAMESPACE_BYTES
  )
})

const REFUSED = [
  ['of nothing', create({ blocks: 0 }), '0x4002'],
  ['thinner than it is', create({ blocks: 10, capacity: 5 }), '0x411b'],
  ['thicker than it is', create({ blocks: 5, capacity: 10 }), '0x4002'],
  ['of a format that there is not', create({ blocks: 10, format: 7 }), '0x410a'],
  ['bigger than what is left', create({ blocks: GIB / 512 + 1 }), '0x4115'],
  ['without data', { opcode: 0x0d, cdw10: 0 }, '0x4002'],
] as const

test.for(REFUSED)('refused: a namespace %s', ([, command, status]) => {
  const drive = roomy()

  expect(drive.status(command)).toBe(status)
  expect(allocated(drive)).toEqual([1, 2, 3])
})

test('256 namespaces are all', () => {
  const drive = roomy()
  for (let n = 4; n <= 256; n++) expect(drive.send(create({ blocks: 8 })).result).toBe(n)

  expect(drive.status(create({ blocks: 8 }))).toBe('0x4116')
})

test('a deleted namespace is detached, and its NSID goes to another namespace', () => {
  const drive = roomy()
  drive.attach(2, 1)
  const nguid = () => drive.identify(0x11, 2).toString('hex', 104, 120)
  drive.send(remove(2))
  expect(allocated(drive)).toEqual([1, 3])

  const made = drive.send(create({ blocks: 8 }))
  const first = nguid()
  drive.send(remove(2))
  drive.send(create({ blocks: 8 }))

  expect(made.result).toBe(2)
  expect(attachedTo(drive, 2)).toEqual([])
  expect(first).not.toBe('0'.repeat(32))
  expect(nguid()).not.toBe(first)
})

test('what is not there cannot be deleted, and all can at once', () => {
  const drive = roomy()

  expect(drive.status(remove(9))).toBe('0x4002')
  expect(drive.status(remove(0))).toBe('0x400b')
  expect(drive.status({ opcode: 0x0d, nsid: 1, cdw10: 5 })).toBe('0x4002')
  expect(drive.status(remove(ALL))).toBe('0x0')
  expect(allocated(drive)).toEqual([])
})

test('a new private namespace goes to one controller', () => {
  const drive = roomy()
  drive.send(create({ blocks: 8, shared: false }))

  expect(drive.attach(4, 1)).toBe('0x0')
  expect(drive.attach(4, 2)).toBe('0x4119')
  expect(drive.detach(4, 1)).toBe('0x0')
  expect(drive.attach(4, 2)).toBe('0x0')
})

test('QEMU 7.2 refuses what is attached, and what is not', () => {
  const drive = driveOf('qemu-7.2')

  expect([drive.attach(2, 0), drive.attach(2, 0)]).toEqual(['0x0', '0x4118'])
  expect([drive.detach(2, 0), drive.detach(2, 0)]).toEqual(['0x0', '0x411a'])
})

test('QEMU 10 asks whether the asking controller has it, and counts twice', () => {
  const drive = driveOf('qemu-10')
  enabledByDriver(drive.first)

  expect([drive.attach(2, 1), drive.attach(2, 1)], 'twice').toEqual(['0x0', '0x0'])
  expect(drive.attach(1, 1), 'the primary has it').toBe('0x4118')
  expect(drive.detach(2, 3), 'never attached, but counted').toBe('0x0')
  expect([drive.detach(2, 1), drive.detach(2, 1)]).toEqual(['0x0', '0x411a'])
})

test('where QEMU 10 aborts, the emulator refuses', () => {
  expect(driveOf('qemu-10').detach(3, 1)).toBe('0x411a')
})

test('at start QEMU 7.2 attaches as a controller appears, QEMU 10 as it is enabled', () => {
  const early = driveOf('qemu-7.2')
  const late = driveOf('qemu-10')

  expect(attachedTo(early, 1)).toEqual([0])
  expect(attachedTo(late, 1)).toEqual([])
  enabledByDriver(late.first)
  expect(attachedTo(late, 1)).toEqual([0])
})

test('a drive of silicon attaches at delivery, and nothing to a VF', () => {
  const drive = driveOf('pm1733', { cntlid: 65 })

  expect(controllerIds(drive.identify(0x13))).toEqual([1, 2, 3, 4, 65])
  expect(attachedTo(drive, 1)).toEqual([65])
})

test('one subsystem, two controllers: a namespace may belong to one of them', () => {
  const controller = { device: 'specification', ioQueues: 8 } as const
  const drive = driveOf('specification', {
    controllers: [
      { ...controller, address: '0000:81:00.0', cntlid: 1 },
      { ...controller, address: '0000:82:00.0', cntlid: 2 },
    ],
    namespaces: [
      namespace(1, true),
      { ...namespace(2, true), attachedTo: [2] },
      namespace(3, false),
    ],
  })
  const [left, right] = drive.controllers
  if (!left || !right) throw new Error('two controllers')
  const active = () =>
    drive.controllers.map((one) => namespaceIds(drive.identify(0x02, 0, one)))

  expect(active()).toEqual([[1], [1, 2]])
  expect(drive.attach(3, 1, right), 'either may attach to the other').toBe('0x0')
  expect(drive.detach(1, 2, left)).toBe('0x0')
  expect(active()).toEqual([[1, 3], [2]])
  expect(drive.identify(0x01, 0, left)[76], 'CMIC').toBe(0b010)
  expect(drive.status({ opcode: 0x1c, cdw10: 9 }), 'no SR-IOV').toBe('0x4001')
  expect(drive.status({ opcode: 0x06, cdw10: 0x14 })).toBe('0x4002')
})
