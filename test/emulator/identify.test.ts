/** The bytes that emulated drives answer: vectors captured from QEMU 7.2, and offsets of NVMe Base 1.4. */
import { expect, test } from 'vitest'
import {
  controllerIds,
  DRIVERS,
  identify,
  labMachine,
  namespaceIds,
  PF,
  testMachine,
} from './machine-calls.ts'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'

test('Primary Controller Capabilities are, byte for byte, those of the real one', async () => {
  const machine = await labMachine()
  await machine.virt(8, 1, 0, 4)
  await machine.virt(8, 1, 1, 2)

  const data = await identify(machine, 0x14)

  expect(data.subarray(0, 80).toString('hex').match(/.{32}/g)).toEqual([
    '00000000030000000000000000000000',
    '00000000000000000000000000000000',
    '20000000040000000000030008000100',
    '00000000000000000000000000000000',
    '18000000020000000000090006000100',
  ])
})

test('the Secondary Controller List starts as the real one, and from the asked id', async () => {
  const machine = await labMachine()
  await machine.virt(8, 1, 1, 2)

  const list = await identify(machine, 0x15)
  const rest = await identify(machine, 0x15, { cntid: 7 })

  expect(list.subarray(0, 66).toString('hex')).toBe(
    `08${'00'.repeat(31)}01000000000000000100000002000000${'00'.repeat(16)}0200`
  )
  expect([rest[0], rest.readUInt16LE(32), rest.readUInt16LE(64)]).toEqual([2, 7, 8])
})

test('Identify Controller says what QEMU says: no virtualization bit, several controllers', async () => {
  const data = await identify(await labMachine(), 0x01)

  expect(data.toString('latin1', 4, 24)).toBe('PF0'.padEnd(20))
  expect(data.toString('latin1', 24, 64)).toBe('QEMU NVMe Ctrl'.padEnd(40))
  expect(data.toString('latin1', 64, 72)).toBe('7.2.22  ')
  expect(data[76], 'CMIC').toBe(2)
  expect(data.readUInt16LE(78), 'CNTLID').toBe(0)
  expect(data.readUInt16LE(256), 'OACS').toBe(0x10a)
  expect(data.readUInt32LE(516), 'NN').toBe(256)
  expect(data.toString('utf8', 768, 768 + 41)).toBe(
    'nqn.2019-08.org.qemu:nqn.2026-01.lab:sub0'
  )
})

test('a VF and a plain controller answer for themselves', async () => {
  const machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '1')
  await machine.virt(8, 1, 0, 4)
  await machine.virt(8, 1, 1, 3)
  await machine.virt(9, 1)
  await machine.write(`${PF}/virtfn0/driver_override`, 'nvme')
  await machine.write(`${DRIVERS}/nvme/bind`, '0000:01:00.1')

  const ofVf = await identify(machine, 0x14, { device: '/dev/nvme2' })
  const ofPlain = await identify(machine, 0x14, { device: '/dev/nvme1' })
  const idOfVf = await identify(machine, 0x01, { device: '/dev/nvme2' })
  const secondaries = await identify(machine, 0x15, { device: '/dev/nvme2' })

  expect([ofVf.readUInt32LE(32), ofVf.readUInt16LE(42), ofVf.readUInt16LE(74)]).toEqual([
    0, 4, 3,
  ])
  expect([ofPlain[4], ofPlain.readUInt32LE(32), ofPlain.readUInt16LE(42)]).toEqual([
    3, 0, 65,
  ])
  expect([idOfVf.readUInt16LE(78), idOfVf[76]]).toEqual([1, 2])
  expect(secondaries[0]).toBe(0)
})

test('queues are granted, 0’s based, whatever is asked', async () => {
  const machine = await labMachine()
  const queues = async (device: string) =>
    (await machine.admin(device, { opcode: 0x0a, cdw10: 0x07 })).result.toString(16)

  expect(await queues('/dev/nvme0'), '2 I/O queues').toBe('10001')
  expect(await queues('/dev/nvme1'), '64 I/O queues').toBe('3f003f')
})

test('namespaces: lists, data, an empty structure for an inactive one', async () => {
  const machine = await labMachine()

  const active = namespaceIds(await identify(machine, 0x02))
  const allocated = namespaceIds(await identify(machine, 0x10))
  const after2 = namespaceIds(await identify(machine, 0x10, { nsid: 2 }))
  const first = await identify(machine, 0x00, { nsid: 1 })
  const inactive = await identify(machine, 0x00, { nsid: 2 })
  const second = await identify(machine, 0x11, { nsid: 2 })

  expect([active, allocated, after2]).toEqual([[1], [1, 2, 3, 4], [3, 4]])
  expect(first.readBigUInt64LE(0)).toBe(131072n)
  expect([first[25], first[26], first[30], first[130]]).toEqual([7, 0, 1, 9])
  expect(inactive.equals(Buffer.alloc(4096))).toBe(true)
  expect(second.readBigUInt64LE(0)).toBe(131072n)
})

test('namespaces of a subsystem may be shared, that of the plain controller not', async () => {
  const machine = await labMachine()
  const nmic = async (device: string) =>
    (await identify(machine, 0x00, { nsid: 1, device }))[30]

  expect([await nmic('/dev/nvme0'), await nmic('/dev/nvme1')]).toEqual([1, 0])
})

test('a drive without a subsystem has no controller lists', async () => {
  const machine = await labMachine()
  const status = async (cns: number) => {
    const command = { opcode: 0x06, nsid: 1, cdw10: cns, dataInLength: 4096 }
    return (await machine.admin('/dev/nvme1', command)).status
  }

  expect([await status(0x12), await status(0x13), await status(0x99)]).toEqual([
    0x4002, 0x4002, 0x4002,
  ])
})

test('identifiers of a namespace are told where the drive has them', async () => {
  const host = demoFleet().hosts.find(({ name }) => name === 'rack1-nvme-a')
  if (!host) throw new Error('the demo fleet has lost its SR-IOV host')
  const machine = await testMachine(host)
  const nguid = host.subsystems[0]?.namespaces[0]?.nguid ?? ''

  const descriptors = await identify(machine, 0x03, { nsid: 1 })

  expect([descriptors[0], descriptors[1]]).toEqual([2, 16])
  expect(descriptors.toString('hex', 4, 20)).toBe(nguid)
  expect(descriptors.toString('hex', 20, 25), 'NVM command set').toBe('0401000000')
  expect(await machine.read('/sys/block/nvme0n1/wwid')).toBe(`eui.${nguid}\n`)
})

test('a private namespace goes to one controller at a time', async () => {
  const host = demoFleet().hosts.find(({ name }) => name === 'rack1-nvme-a')
  if (!host) throw new Error('the demo fleet has lost its SR-IOV host')
  const machine = await testMachine(host)
  await machine.write('/sys/bus/pci/devices/0000:41:00.0/sriov_drivers_autoprobe', '0')
  await machine.write('/sys/bus/pci/devices/0000:41:00.0/sriov_numvfs', '2')

  const holders = controllerIds(await identify(machine, 0x12, { nsid: 1 }))
  const second = await machine.attach(1, [1])

  expect(holders, 'not the VFs').toEqual([65])
  expect(second).toBe('0x4119')
})
