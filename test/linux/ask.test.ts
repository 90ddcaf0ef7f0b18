import { expect, test } from 'vitest'
import type { HostQuery } from '../../src/host/query.ts'
import { CNS, OPCODE } from '../../src/nvme/admin-commands.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { answerTo, bindTo, capturedHost, pf, plain, vf1 } from './captured-host.ts'
import { PLAIN, status, VF1 } from './captured-machine.ts'

test('identity has the controller where one answers, and PCI facts in any case', async () => {
  const world = capturedHost()

  const ofPlain = await answerTo(world, { read: 'identity', fn: plain })
  const ofVf = await answerTo(world, { read: 'identity', fn: vf1 })

  expect(ofPlain).toEqual({
    address: plain,
    pci: {
      vendor: '0x1b36',
      device: '0x0010',
      subsystemVendor: '0x1af4',
      subsystemDevice: '0x1100',
      serialNumber: null,
      topology: `pci0000:00/0000:00:05.0/${PLAIN}`,
      bootId: '0d2b1a0c-5ee1-4c39-9b43-5a3d1b1f6a10',
    },
    controller: {
      serial: 'PLAIN0',
      subsystemNqn: 'nqn.2019-08.org.qemu:PLAIN0',
      cntlid: 0,
    },
  })
  expect(ofVf).toMatchObject({ address: vf1, vf: { pf, vfNumber: 1 } })
  expect(ofVf.controller).toBeUndefined()
})

test('who answers is asked of no lane, and is as identity says', async () => {
  const world = capturedHost()
  const identities = []
  for (const fn of [plain, pf, vf1])
    identities.push(await answerTo(world, { read: 'identity', fn }))
  world.machine.laneCalls.length = 0

  const answering = []
  for (const fn of [plain, pf, vf1])
    answering.push(await answerTo(world, { read: 'answering', fn }))

  expect(answering).toEqual(
    identities.map(({ pci: { bootId }, controller, vf }) => ({
      bootId,
      ...(controller && { controller }),
      ...(vf && { vf }),
    }))
  )
  expect(world.machine.laneCalls).toEqual([])
})

test('what several controllers are attached to comes from one look at the drive', async () => {
  const world = capturedHost()
  world.drive.attached.set(3, [2, 1])
  const query = { read: 'attachmentsOfEach', pf, cntlids: [2, 1, 9] } as const

  const { attachments } = await answerTo(world, query)
  const commands = world.machine.laneCalls.length
  const alone = await answerTo(world, { read: 'attachments', pf, cntlid: 2 })

  expect(attachments).toEqual([
    { cntlid: 2, nsids: alone.nsids },
    { cntlid: 1, nsids: [1, 3] },
    { cntlid: 9, nsids: [] },
  ])
  expect(world.machine.laneCalls).toHaveLength(2 * commands)
})

test('binding is driver and override', async () => {
  const world = capturedHost()
  world.machine.files.text(`/sys/bus/pci/devices/${VF1}/driver_override`, 'none\n')

  expect(await answerTo(world, { read: 'binding', fn: vf1 })).toEqual({
    driver: null,
    override: 'none',
  })
})

test('a group lists its members and who keeps VFIO from it', async () => {
  const world = capturedHost()
  bindTo(world.machine, VF1, 'vfio-pci')
  const devices = '/sys/kernel/iommu_groups/9/devices'
  world.machine.files.link(
    `${devices}/0000:00:04.0`,
    '../../../../devices/pci0000:00/0000:00:04.0'
  )

  const before = await answerTo(world, { read: 'group', fn: vf1 })
  world.machine.files.link(
    `${devices}/${PLAIN}`,
    `../../../../devices/pci0000:00/0000:00:05.0/${PLAIN}`
  )
  const after = await answerTo(world, { read: 'group', fn: vf1 })

  expect(before.group).toEqual({
    number: 9,
    viable: true,
    members: [
      {
        address: '0000:00:04.0',
        class: '0x060400',
        driver: 'pcieport',
        blocksVfio: false,
      },
      { address: vf1, class: '0x010802', driver: 'vfio-pci', blocksVfio: false },
    ],
  })
  expect(after.group).toMatchObject({ viable: false })
  expect(after.group?.members[2]).toMatchObject({ address: plain, blocksVfio: true })
})

test('without IOMMU there is no group', async () => {
  const world = capturedHost()
  world.machine.files.remove(`/sys/bus/pci/devices/${VF1}/iommu_group`)

  expect(await answerTo(world, { read: 'group', fn: vf1 })).toEqual({ group: null })
})

test('SR-IOV, pools, secondaries and attachments are read through the primary', async () => {
  const world = capturedHost()
  world.drive.attached.set(3, [2, 1])

  const sriov = await answerTo(world, { read: 'sriov', pf })
  const primary = await answerTo(world, { read: 'primary', pf })
  const { secondaries } = await answerTo(world, { read: 'secondaries', pf })
  const { nsids } = await answerTo(world, { read: 'attachments', pf, cntlid: 1 })
  const { cntlids } = await answerTo(world, { read: 'attachedControllers', pf, nsid: 3 })

  expect(sriov).toEqual({
    totalVfs: 8,
    vfCount: 2,
    autoprobe: false,
    offset: 1,
    stride: 1,
  })
  expect(primary).toMatchObject({ vq: { total: 32 }, vi: { total: 24 } })
  expect(secondaries.map(({ vfNumber }) => vfNumber)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(nsids).toEqual([1, 3])
  expect(cntlids).toEqual([1, 2])
})

test.for([
  { hasSiblings: false, sharesNamespaces: true },
  { hasSiblings: true, sharesNamespaces: false },
])(
  'of a drive that does not know who has a namespace, it is its only controller: %j',
  async (its) => {
    const world = capturedHost()
    Object.assign(world.drive, { ...its, tellsAttached: false })

    const answer = await answerTo(world, { read: 'attachedControllers', pf, nsid: 1 })

    expect(answer).toEqual({ cntlids: [0] })
  }
)

test('who else has a shared namespace of such a drive is not guessed', async () => {
  const world = capturedHost()
  world.drive.tellsAttached = false

  await expect(
    world.host.ask({ read: 'attachedControllers', pf, nsid: 1 })
  ).rejects.toMatchObject({ failure: { kind: 'nvme-refused', status: 2 } })
})

test('a drive that does not manage namespaces tells what can be erased, however it refuses the other way of asking', async () => {
  const world = capturedHost()
  const { machine, drive } = world
  drive.managesNamespaces = false
  machine.admin = (device, command) =>
    command.opcode === OPCODE.identify && command.cdw10 === CNS.allocatedNamespace
      ? status(0x006)
      : drive.answer(device, command)

  const { namespaces } = await answerTo(world, { read: 'erasable', fn: pf })
  const { format } = await answerTo(world, { read: 'format', fn: pf, nsid: 1 })

  expect(namespaces).toMatchObject([{ nsid: 1, blockBytes: 512 }])
  expect(format).toMatchObject({ formatIndex: 0 })
})

test('a function without SR-IOV has none to tell of', async () => {
  const { host } = capturedHost()

  await expect(host.ask({ read: 'sriov', pf: plain })).rejects.toMatchObject({
    failure: { kind: 'no-sriov-driver' },
  })
})

test.for<HostQuery>([
  { read: 'identity', fn: pciAddress('0000:09:00.0') },
  { read: 'group', fn: pciAddress('0000:09:00.0') },
  { read: 'primary', pf: pciAddress('0000:09:00.0') },
])('a function that is not there is gone: $read', async (query) => {
  const { host } = capturedHost()

  await expect(host.ask(query)).rejects.toMatchObject({
    failure: { kind: 'gone', what: '0000:09:00.0' },
  })
})
