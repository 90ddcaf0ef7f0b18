/** Hosts of the demo fleet over HTTP: everything that a scan sees arrives, as it is. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'
import type { Page } from './call.ts'
import { emulatedService, type EmulatedService } from './emulated-service.ts'
import { controllerAt, namespaceOf, provisionOne, type Schemas } from './steps.ts'

let sriov: EmulatedService
let plain: EmulatedService
beforeAll(async () => {
  sriov = await serviceOf('rack1-nvme-a')
  plain = await serviceOf('rack2-plain-a')
}, 60_000)
afterAll(async () => {
  await sriov.stop()
  await plain.stop()
}, 60_000)

function serviceOf(name: string): Promise<EmulatedService> {
  const host = demoFleet().hosts.find((each) => each.name === name)
  if (!host) throw new Error(`the demo has no ${name}`)
  return emulatedService({ host })
}

const POOL = {
  supported: true,
  total: 256,
  primary: 0,
  private: 17,
  maxPerSecondary: 16,
  granularity: 1,
}

test('an SR-IOV controller is shown with all that its host and its drive say', async () => {
  const { api } = sriov

  const controller = await controllerAt(api, '0000:41:00.0')

  expect(controller).toMatchObject({
    driver: 'nvme',
    driverOverride: null,
    iommuGroup: { number: expect.any(Number), viable: false, siblings: [] },
    numaNode: 1,
    link: {
      currentSpeed: '16.0 GT/s PCIe',
      currentWidth: 4,
      maxSpeed: '16.0 GT/s PCIe',
      maxWidth: 4,
    },
    resetMethods: ['flr', 'bus'],
    blocked: null,
    name: 'nvme0',
    state: 'live',
    serial: 'SR70A41C2',
    model: 'Example SR7 SR-IOV 7.68TB',
    firmware: '2.1.4',
    subsystemNqn: 'nqn.2026-01.example.drives:sr7-0a41c2',
    cntlid: 65,
    present: true,
    ambiguous: false,
    ioQueuePairs: 16,
    queueDepth: 1024,
    sriov: {
      totalVfs: 32,
      vfCount: 0,
      autoprobe: true,
      vq: { ...POOL, assigned: 0, free: 256 },
      vi: { ...POOL, assigned: 0, free: 256 },
    },
    capabilities: {
      namespaceManagement: true,
      virtualizationManagement: true,
      doorbellBufferConfig: true,
      format: true,
      maxNamespaces: 256,
      totalCapacityBytes: '0',
    },
    smart: {
      criticalWarning: 0,
      temperatureKelvin: 323,
      availableSparePercent: 0,
      percentageUsed: 0,
      dataUnitsRead: expect.stringMatching(/^\d+$/),
      dataUnitsWritten: expect.stringMatching(/^\d+$/),
      powerOnHours: '0',
      mediaErrors: '0',
    },
    health: 'ok',
    assignmentId: null,
    changingBy: null,
  })
})

test('a VF is shown with its two lives, and its primary with what is left', async () => {
  const { api } = sriov
  const { id } = await controllerAt(api, '0000:41:00.0')

  const vf = await provisionOne(api, id, 15)

  expect(vf).toMatchObject({
    pciAddress: '0000:41:00.1',
    driver: null,
    driverOverride: null,
    iommuGroup: { viable: true, siblings: [] },
    numaNode: 1,
    controllerId: id,
    vfNumber: 1,
    cntlid: 1,
    enabled: true,
    secondary: { state: 'online', vq: 16, vi: 16 },
    provisioned: { vq: 16, vi: 16, ioQueuePairs: 15, namespaceIds: [], driver: 'none' },
    namespaceIds: [],
    assignmentId: null,
    changingBy: null,
  })
  expect((await controllerAt(api, '0000:41:00.0')).sriov).toMatchObject({
    vfCount: 32,
    autoprobe: false,
    vq: { assigned: 16, free: 240 },
    vi: { assigned: 16, free: 240 },
  })
})

test('functions of one slot share a group, which is free when none of them has a driver', async () => {
  const { api, machine } = plain
  const [one, other] = ['0000:03:00.0', '0000:04:00.0']
  const { iommuGroup: used, hostId } = await controllerAt(api, one)

  for (const fn of [one, other]) {
    const call = {
      call: 'write',
      path: '/sys/bus/pci/drivers/nvme/unbind',
      text: fn,
    } as const
    await machine.kernel.lane('by hand').call(call, { deadlineMs: 1_000 })
  }
  await api.ok('rescanHost', { path: { id: hostId } })

  const sibling = { address: other, class: '0x010802' }
  expect(used).toMatchObject({
    viable: false,
    siblings: [{ ...sibling, driver: 'nvme', blocksVfio: true }],
  })
  const unbound = await controllerAt(api, one)
  expect(unbound).toMatchObject({ driver: null, state: null, ioQueuePairs: null })
  expect(unbound.iommuGroup).toEqual({
    number: used?.number,
    viable: true,
    siblings: [{ ...sibling, driver: null, blocksVfio: false }],
  })
})

test('a namespace is shown with its size, its name, and who uses it', async () => {
  const { api } = plain
  const { id } = await controllerAt(api, '0000:01:00.0')

  const mounted = await namespaceOf(api, 'nqn.2026-01.example.drives:pl1-pl01', 1)
  const held = await namespaceOf(api, 'nqn.2026-01.example.drives:pl1-pl04', 1)

  expect(mounted).toMatchObject({
    serial: 'PL01',
    nguid: '0025385a706c30310000000000000001',
    eui64: null,
    uuid: null,
    sizeBytes: String(1.75 * 2 ** 40),
    blockBytes: 4096,
    metadataBytes: 0,
    shared: false,
    present: true,
    attachedTo: [{ cntlid: 0, kind: 'controller', id }],
    disks: ['nvme0n1'],
    uses: [{ nsid: 1, disk: 'nvme0n1', use: 'mount', by: '/var/lib/data' }],
  })
  expect(held.uses).toEqual([{ nsid: 1, disk: 'nvme3n1', use: 'holder', by: 'dm-0' }])
})

test('what a scan confirms is as fresh as that scan, at least', async () => {
  const { api } = sriov
  const before = await controllerAt(api, '0000:41:00.0')

  const path = { id: before.hostId }
  const { observedAt } = await api.ok<Schemas['Host']>('rescanHost', { path })

  expect(Date.parse(observedAt)).toBeGreaterThan(Date.parse(before.observedAt))
  const controller = await controllerAt(api, '0000:41:00.0')
  const vfs = await api.ok<Page<Schemas['VirtualFunction']>>('listVirtualFunctions')
  const namespaces = await api.ok<Page<Schemas['Namespace']>>('listNamespaces')
  const seen = [controller, ...vfs.items, ...namespaces.items]
  expect(seen).toHaveLength(1 + 32 + 41)
  // Another scan may have come since.
  expect(seen.filter((each) => each.observedAt < observedAt)).toEqual([])
})
