/** What nvirt knows of a real kernel's hardware, to whom it tells it, and how it hears of what others change. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ControllerView, NamespaceView } from '../../src/inventory/views.ts'
import type { FlexiblePool } from '../../src/nvme/secondary-controller.ts'
import type { EventRow } from '../../src/store/rows.ts'
import { eventually } from '../support/eventually.ts'
import { scannedCapture } from './captured.ts'
import { lastWords } from './last-words.ts'
import { inOrder } from './in-order.ts'
import {
  controllerWith,
  namespaceOf,
  openLab,
  plainController,
  sriovController,
  type Lab,
} from './lab.ts'
import { controllerDevice } from './machine-snapshot.ts'
import {
  ICH9_ADDRESSES,
  NAMESPACE_BYTES,
  PLAIN_ADDRESS,
  PLAIN_SERIAL,
  SHARING_ADDRESS,
  SHARING_SERIAL,
  SRIOV_ADDRESS,
  SRIOV_SERIAL,
} from './qemu-arguments.ts'

/** As compose.ts has it: how often hosts are scanned without a reason. */
const SCAN_PERIOD_MS = 30_000

let lab: Lab

beforeAll(async () => {
  lab = await openLab({ sharesGroup: true })
})
afterAll(() => lab?.guest.end())
inOrder(() => lastWords(lab.guest.folder))

test.for([
  ['no token', {}],
  ['a wrong token', { authorization: `Bearer ${'0'.repeat(64)}` }],
] as const)('whoever has %s is told so, and nothing else', async ([, headers]) => {
  const answer = await fetch(`${lab.client.baseUrl}/v1/controllers`, { headers })

  expect(answer.status).toBe(401)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(await answer.json()).toMatchObject({
    type: 'urn:nvirt:problem:unauthenticated',
    status: 401,
  })
})

test('the inventory has the SR-IOV controller as the kernel and the drive show it', async () => {
  const { client, agent } = lab
  const bootedAt = Date.now() - Number(await agent.shell('cut -d. -f1 /proc/uptime')) * 1000

  const sriov = await sriovController(client)

  const device = await controllerDevice(agent, SRIOV_ADDRESS)
  expect(sriov).toMatchObject({
    name: device.replace('/dev/', ''),
    state: 'live',
    model: 'QEMU NVMe Ctrl',
    subsystemNqn: 'nqn.2019-08.org.qemu:nqn.2026-01.lab:sub0',
    cntlid: 0,
    present: true,
    ambiguous: false,
    ioQueuePairs: 2,
    queueDepth: 1024,
    sriov: {
      totalVfs: 8,
      vfCount: 0,
      autoprobe: true,
      vq: { total: 32, assigned: 0, free: 32, private: 3, primary: 0, maxPerSecondary: 8 },
      vi: { total: 24, assigned: 0, free: 24, private: 9, primary: 0, maxPerSecondary: 6 },
    },
    capabilities: {
      namespaceManagement: true,
      virtualizationManagement: true,
      doorbellBufferConfig: true,
      format: true,
    },
    health: 'ok',
    pciAddress: SRIOV_ADDRESS,
    driver: 'nvme',
    driverOverride: null,
    // The host's own driver does its DMA: the group is viable once that has let go.
    iommuGroup: { number: await groupOf(SRIOV_ADDRESS), viable: false, siblings: [] },
    numaNode: -1,
    link: await linkOf(SRIOV_ADDRESS),
    resetMethods: ['flr', 'bus'],
    blocked: null,
    assignmentId: null,
    changingBy: null,
  })
  expect(sriov.link).toMatchObject({ maxSpeed: '2.5 GT/s PCIe', maxWidth: 1 })
  const observedAt = Date.parse(sriov.observedAt)
  expect(observedAt).toBeGreaterThan(bootedAt)
  expect(observedAt).toBeLessThan(Date.now() + CLOCKS_DIFFER_MS)
})

test('its SMART numbers are those that nvme-cli reads', async () => {
  const { client, agent } = lab
  const device = await controllerDevice(agent, SRIOV_ADDRESS)

  const { smart } = await sriovController(client)

  const read = JSON.parse(await agent.run('nvme', 'smart-log', device, '-o', 'json')) as Log
  expect(smart).toEqual({
    criticalWarning: read.critical_warning,
    temperatureKelvin: read.temperature,
    availableSparePercent: read.avail_spare,
    percentageUsed: read.percent_used,
    dataUnitsRead: expect.stringMatching(/^\d+$/) as string,
    dataUnitsWritten: read.data_units_written,
    powerOnHours: read.power_on_hours,
    mediaErrors: read.media_errors,
  })
  expect(smart?.temperatureKelvin).toBeGreaterThan(273)
  // The partition table of each disk has been looked for, and read by nobody since.
  expect(Number(smart?.dataUnitsRead)).toBeGreaterThan(0)
  expect(Number(smart?.dataUnitsRead)).toBeLessThanOrEqual(Number(read.data_units_read))
})

test('a group that is shared is shown with all whom it is shared with', async () => {
  const sharing = await controllerWith(lab.client, SHARING_SERIAL)

  expect(sharing).toMatchObject({
    pciAddress: SHARING_ADDRESS,
    driver: 'nvme',
    sriov: null,
  })
  expect(sharing.iommuGroup).toEqual({
    number: await groupOf(SHARING_ADDRESS),
    viable: false,
    siblings: [
      { address: ICH9_ADDRESSES[0], class: '0x060100', driver: null, blocksVfio: false },
      { address: ICH9_ADDRESSES[1], class: '0x010601', driver: null, blocksVfio: false },
      { address: ICH9_ADDRESSES[2], class: '0x0c0500', driver: null, blocksVfio: false },
    ],
  })
})

test('the inventory names every namespace and whom it is attached to', async () => {
  const { client } = lab
  const { id } = await sriovController(client)

  const shared = await Promise.all(
    [1, 2, 3, 4].map((nsid) => namespaceOf(client, SRIOV_SERIAL, nsid))
  )
  const plain = await namespaceOf(client, PLAIN_SERIAL, 1)

  expect(shared.map(({ attachedTo }) => attachedTo)).toEqual([
    [{ cntlid: 0, kind: 'controller', id }],
    [],
    [],
    [],
  ])
  expect(plain.attachedTo).toHaveLength(1)
  for (const { sizeBytes } of [...shared, plain])
    expect(sizeBytes).toBe(String(NAMESPACE_BYTES))
})

test('a capture of the machine describes one that the emulator makes the same of', async () => {
  const { client, agent } = lab
  const known = await client.list<ControllerView>('/v1/controllers')

  const { functions, namespaces } = await scannedCapture(agent)

  expect(known.length).toBe(3)
  expect(new Set<unknown>(functions.map(({ address }) => address))).toEqual(
    new Set<unknown>(known.map(({ pciAddress }) => pciAddress))
  )
  for (const one of known) {
    const twin = functions.find(({ address }) => address === one.pciAddress)
    expect(twin?.group?.number).toBe(one.iommuGroup?.number)
    expect(twin?.group?.members.length).toBe((one.iommuGroup?.siblings.length ?? 0) + 1)
    expect(twin?.link).toEqual(one.link)
    expect(twin?.controller).toMatchObject({
      name: one.name,
      serial: one.serial,
      model: one.model,
      firmware: one.firmware,
      subsystemNqn: one.subsystemNqn,
      cntlid: one.cntlid,
      queueCount: (one.ioQueuePairs ?? 0) + 1,
    })
    const { vq, vi } = twin?.controller?.primary ?? {}
    if (one.sriov) {
      expect(one.sriov.vq).toMatchObject(countsOf(vq))
      expect(one.sriov.vi).toMatchObject(countsOf(vi))
    }
  }
  const all = await client.list<NamespaceView>('/v1/namespaces')
  expect(namespaces.map(inShort).toSorted()).toEqual(
    all
      .map((one) =>
        inShort({ ...one, attachedTo: one.attachedTo.map(({ cntlid }) => cntlid) })
      )
      .toSorted()
  )
})

test(
  'what somebody binds by hand is seen by its uevents, and told as events',
  async () => {
    const { client, agent } = lab
    const { id } = await plainController(client)
    const told = (await client.list<EventRow>('/v1/events?after=0')).at(-1)?.number ?? 0
    const drivers = [null, 'nvme', null, 'nvme']

    const begun = performance.now()
    const seen: ControllerView[] = []
    for (const driver of drivers) {
      const file = driver === null ? 'unbind' : 'bind'
      await agent.shell(`echo ${PLAIN_ADDRESS} > /sys/bus/pci/drivers/nvme/${file}`)
      seen.push(await untilDriverIs(driver))
    }
    const tookMs = performance.now() - begun

    // By period alone each but the first would have been seen a period after the one before.
    expect(tookMs).toBeLessThan((drivers.length - 1) * SCAN_PERIOD_MS)
    expect(seen.map(({ iommuGroup }) => iommuGroup?.viable)).toEqual([
      true,
      false,
      true,
      false,
    ])
    const events = await client.list<EventRow>(`/v1/events?after=${told}`)
    const changes = events
      .filter(({ type, subject }) => type === 'controller.changed' && subject.id === id)
      .flatMap(({ detail }) => driverChangeOf(detail))
    expect(changes).toEqual([
      { before: 'nvme', after: null },
      { before: null, after: 'nvme' },
      { before: 'nvme', after: null },
      { before: null, after: 'nvme' },
    ])
  },
  4 * SCAN_PERIOD_MS
)

function countsOf(pool: FlexiblePool | undefined) {
  const { total, primary, maxPerSecondary } = pool ?? {}
  return { total, primary, maxPerSecondary, private: pool?.private }
}

type Attached = Pick<NamespaceView, 'serial' | 'nsid' | 'sizeBytes' | 'shared'> & {
  readonly attachedTo: readonly (number | null)[]
}

function inShort({ serial, nsid, sizeBytes, shared, attachedTo }: Attached): string {
  return `${serial} ${nsid}: ${sizeBytes}, ${shared}, ${attachedTo.join(' ')}`
}

/** The guest's clock and this machine's: QEMU gives whole seconds. */
const CLOCKS_DIFFER_MS = 2_000

type Log = {
  readonly critical_warning: number
  readonly temperature: number
  readonly avail_spare: number
  readonly percent_used: number
  readonly data_units_read: string
  readonly data_units_written: string
  readonly power_on_hours: string
  readonly media_errors: string
}

async function groupOf(address: string): Promise<number> {
  const link = `/sys/bus/pci/devices/${address}/iommu_group`
  return Number(await lab.agent.shell(`basename $(readlink ${link})`))
}

async function linkOf(address: string): Promise<ControllerView['link']> {
  const text = (name: string) => lab.agent.text(`/sys/bus/pci/devices/${address}/${name}`)
  return {
    currentSpeed: await text('current_link_speed'),
    currentWidth: Number(await text('current_link_width')),
    maxSpeed: await text('max_link_speed'),
    maxWidth: Number(await text('max_link_width')),
  }
}

function untilDriverIs(driver: string | null): Promise<ControllerView> {
  const look = async () => {
    const plain = await plainController(lab.client)
    return plain.driver === driver ? plain : undefined
  }
  return eventually(`the plain controller's driver is ${driver}`, look, SCAN_PERIOD_MS)
}

function driverChangeOf(detail: EventRow['detail']): readonly unknown[] {
  const { changes } = detail as { readonly changes: { readonly driver?: unknown } }
  return changes.driver === undefined ? [] : [changes.driver]
}
