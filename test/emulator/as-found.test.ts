import fc from 'fast-check'
import { stringify } from 'yaml'
import { expect, test } from 'vitest'
import { parseFleet } from '../../src/emulator/fleet-file.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { anyHost } from '../support/any-host.ts'
import { fakeClock } from '../support/fake-clock.ts'

/** The lab's host, with two of its VFs provisioned: one for the host itself, one handed over. */
function usedHost(): HostDescription {
  const host = labLikeHost()
  const [drive, plain] = host.subsystems
  const [pf] = drive?.controllers ?? []
  if (!drive || !plain || !pf?.sriov) throw new Error('the lab has an SR-IOV drive')
  const sriov = {
    ...pf.sriov,
    vfCount: 3,
    autoprobe: false,
    virtualFunctions: [
      {
        vfNumber: 1,
        vq: 4,
        vi: 3,
        online: true,
        namespaces: [2],
        driver: 'nvme' as const,
        driverOverride: 'nvme',
      },
      {
        vfNumber: 2,
        vq: 2,
        vi: 1,
        online: true,
        namespaces: [3, 4],
        driver: 'vfio-pci' as const,
      },
      { vfNumber: 8, vq: 2 },
    ],
  }
  return {
    ...host,
    subsystems: [
      {
        ...drive,
        controllers: [{ ...pf, sriov }],
        namespaces: drive.namespaces.map((one) =>
          one.nsid === 2 ? { ...one, mount: ['/a', '/b'], swap: true } : one
        ),
      },
      {
        ...plain,
        controllers: plain.controllers.map((one) => ({
          ...one,
          driver: 'vfio-pci' as const,
        })),
      },
    ],
  }
}

async function scanOf(host: HostDescription) {
  const clock = fakeClock()
  const machine = await emulatedMachine(host, { clock })
  return { clock, machine, scan: await linuxHost(machine.kernel, clock).scan() }
}

test('a host is found as somebody has set it up', async () => {
  const { scan } = await scanOf(usedHost())

  const [pf, vf1, vf2, vf3, plain] = scan.functions
  expect(pf?.sriov).toMatchObject({ vfCount: 3, autoprobe: false })
  expect(pf?.controller?.primary).toMatchObject({
    vq: { assigned: 8 },
    vi: { assigned: 4 },
  })
  expect(
    pf?.controller?.secondaries
      .filter(({ held }) => held.vq > 0)
      .map(({ vfNumber, state }) => [vfNumber, state])
  ).toEqual([
    [1, 'online'],
    [2, 'online'],
    [8, 'offline'],
  ])
  expect([vf1, vf2, vf3, plain].map((fn) => fn?.binding)).toEqual([
    { driver: 'nvme', override: 'nvme' },
    { driver: 'vfio-pci', override: null },
    { driver: null, override: null },
    { driver: 'vfio-pci', override: null },
  ])
  expect(vf1?.controller).toMatchObject({ cntlid: 1, queueCount: 3 })
  expect(scan.namespaces.map(({ nsid, attachedTo }) => [nsid, attachedTo])).toEqual([
    [1, [0, 3]],
    [2, [1]],
    [3, [2]],
    [4, [2]],
  ])
  expect(scan.namespaces[1]?.uses.map(({ use, by }) => [use, by])).toEqual([
    ['mount', '/a'],
    ['mount', '/b'],
    ['swap', '/proc/swaps'],
  ])
})

test('a reboot loses what was set up, and what is described stays', async () => {
  const { clock, machine } = await scanOf(usedHost())

  await machine.drills.fire({ event: 'reboot' })
  await clock.advance(1000)
  const scan = await linuxHost(machine.kernel, clock).scan()

  expect(scan.functions.map(({ address, binding }) => [address, binding?.driver])).toEqual([
    ['0000:01:00.0', 'nvme'],
    ['0000:02:00.0', 'nvme'],
  ])
  expect(scan.functions[0]?.controller?.primary).toMatchObject({ vq: { assigned: 0 } })
})

test('bridges, ids and links are as described', async () => {
  const [, plain] = labLikeHost().subsystems
  if (!plain) throw new Error('the lab has a plain drive')
  const port = { classCode: 0x060400, vendor: 0x10b5, device: 0x8747, driver: 'pcieport' }
  const host: HostDescription = {
    ...labLikeHost(),
    otherFunctions: [
      { ...port, address: '0000:40:01.1' },
      { ...port, address: '0000:41:00.0', behind: '0000:40:01.1' },
      {
        ...port,
        address: '0000:42:08.0',
        behind: '0000:41:00.0',
        subsystemVendor: 0x10b5,
        revision: 0xca,
      },
      {
        address: '0000:00:0e.0',
        classCode: 0x010400,
        vendor: 0x8086,
        device: 0x467f,
        driver: 'vmd',
      },
      { ...port, address: '10000:00:06.0', behind: '0000:00:0e.0' },
    ],
    subsystems: ['0000:43:00.0', '10000:01:00.0', '0000:00:05.0'].map((address, i) => ({
      ...plain,
      nqn: `${plain.nqn}-${i}`,
      serial: `S${i}`,
      controllers: [
        {
          address,
          ioQueues: 4,
          ...(i < 2 && { rootPort: i === 0 ? '0000:42:08.0' : '10000:00:06.0' }),
          link: {
            speed: '8.0 GT/s PCIe',
            width: 2,
            maxSpeed: '16.0 GT/s PCIe',
            maxWidth: 4,
          },
        },
      ],
    })),
  }
  parseFleet(stringify({ hosts: [host] }), 'bridges.yaml')

  const { scan, machine } = await scanOf(host)

  expect(scan.functions.map(({ pci }) => pci.topology)).toEqual([
    'pci0000:00/0000:00:05.0',
    'pci0000:40/0000:40:01.1/0000:41:00.0/0000:42:08.0/0000:43:00.0',
    'pci0000:00/0000:00:0e.0/pci10000:00/10000:00:06.0/10000:01:00.0',
  ])
  expect(scan.functions.map(({ resetMethods }) => resetMethods)).toEqual([
    ['flr'],
    ['flr', 'bus'],
    ['flr', 'bus'],
  ])
  expect(scan.functions[1]?.link).toEqual({
    currentSpeed: '8.0 GT/s PCIe',
    currentWidth: 2,
    maxSpeed: '16.0 GT/s PCIe',
    maxWidth: 4,
  })
  const path = `/sys/bus/pci/devices/${pciAddress('0000:42:08.0')}/revision`
  expect(await machine.kernel.call({ call: 'read', path })).toBe('0xca\n')
})

test('whatever is accepted can be switched on, and is found as described', async () => {
  await fc.assert(
    fc.asyncProperty(anyHost(), async (drawn) => {
      const [host] = parseFleet(stringify({ hosts: [drawn] }), 'drawn.yaml').hosts
      if (!host) throw new Error('a fleet has a host')

      const { scan } = await scanOf(host)

      expect(host).toEqual(drawn)
      expect(bindingsOf(scan.functions)).toEqual(
        expect.objectContaining(describedBindings(host))
      )
    }),
    { numRuns: 60 }
  )
}, 120_000)

function bindingsOf(
  functions: readonly {
    readonly address: string
    readonly binding: {
      readonly driver: string | null
      readonly override: string | null
    } | null
  }[]
) {
  return Object.fromEntries(functions.map(({ address, binding }) => [address, binding]))
}

function describedBindings({ subsystems }: HostDescription) {
  return Object.fromEntries(
    subsystems
      .flatMap(({ controllers }) => controllers)
      .map(({ address, driver = 'nvme', driverOverride = null }) => [
        address,
        { driver: driver === 'none' ? null : driver, override: driverOverride },
      ])
  )
}
