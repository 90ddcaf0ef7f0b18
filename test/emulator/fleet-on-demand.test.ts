/** Many hosts from one entry of a machine file: each is one of its own, and only those that are asked something are made. */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { rackOf } from '../../bench/emulator/rack.ts'
import { DEMO } from '../../src/access/caller.ts'
import { systemClock } from '../../src/clock.ts'
import { compose } from '../../src/compose.ts'
import { parseFleet } from '../../src/emulator/fleet-file.ts'
import { hostsOf } from '../../src/emulator/fleet-hosts.ts'
import { fleetMachines } from '../../src/emulator/fleet-machines.ts'
import type { FleetMachine } from '../../src/emulator/fleet-machines.ts'
import { temporaryFolder } from '../store/temporary-store.ts'

const HOSTS = 200
const VFS = 64
const MOST_IDLE = 8
const PF = '/sys/bus/pci/devices/0000:41:00.0'

const rack = (hosts = HOSTS) =>
  parseFleet(JSON.stringify(rackOf(hosts, VFS, false)), 'rack.json')

async function machinesIn(folder: string, hosts = HOSTS, mostIdle = MOST_IDLE) {
  const fleet = await fleetMachines(rack(hosts), { clock: systemClock, folder, mostIdle })
  onTestFinished(async () => {
    await Promise.all(fleet.machines.map((machine) => machine.close()))
  })
  return fleet
}

function read({ kernel }: FleetMachine, file: string): Promise<string> {
  return kernel.call({ call: 'read', path: file })
}

async function write({ kernel }: FleetMachine, file: string, text: string) {
  const lane = kernel.lane('0000:41:00.0')
  return lane.call({ call: 'write', path: file, text }, { deadlineMs: 60_000 })
}

test('the whole fleet is found, and few of its machines are there at a time', async () => {
  const data = temporaryFolder()
  const { machines, awake } = await machinesIn(path.join(data, 'machines'))
  const made = [awake()]
  const { inventory, store, stop } = await compose({
    data,
    kernels: machines.map(({ kernel, drills, machineId }) => ({
      kernel,
      drills,
      knownMachineId: machineId,
    })),
    clock: systemClock,
    authenticate: () => DEMO,
    allowedHosts: [],
    logLevel: 'silent',
  })
  made.push(awake())
  await inventory.start()
  made.push(awake())

  const page = { after: null, limit: 100_000 }
  const hosts = inventory.hosts(DEMO, page).items
  const controllers = store.read.controllers({}, page).items
  const virtualFunctions = store.read.virtualFunctions({}, page).items
  const namespaces = store.read.namespaces({}, page).items
  const events = store.read.events(null, 0, 100_000)
  await stop()

  expect(new Set(hosts.map(({ hostname }) => hostname)).size).toBe(HOSTS)
  expect(new Set(controllers.map(({ serial }) => serial)).size).toBe(HOSTS)
  expect(controllers.filter(({ ambiguous }) => ambiguous)).toEqual([])
  expect(new Set(virtualFunctions.map(({ id }) => id)).size).toBe(HOSTS * VFS)
  expect(new Set(namespaces.map(({ observation }) => observation.nguid)).size).toBe(
    2 * HOSTS
  )
  // A host, its drive, two namespaces; its VFs are told by the drive.
  expect(events).toHaveLength(4 * HOSTS)
  // Those that are scanned side by side are needed, and may be more than are kept.
  expect(made).toEqual([0, 0, expect.any(Number)])
  expect(made[2]).toBeGreaterThan(0)
  expect(made[2]).toBeLessThanOrEqual(MOST_IDLE + 32)
  expect(journalsIn(path.join(data, 'machines'))).toEqual([])
}, 120_000)

test('a machine that is let go comes back as it was left, in the same boot', async () => {
  const folder = temporaryFolder()
  const { machines, awake } = await machinesIn(folder, 3, 1)
  const [first, second, third] = machines as [FleetMachine, FleetMachine, FleetMachine]
  const boot = () => read(first, '/proc/sys/kernel/random/boot_id')
  const before = await boot()
  await write(first, `${PF}/sriov_drivers_autoprobe`, '0')
  await write(first, `${PF}/sriov_numvfs`, '64')

  await read(second, '/etc/machine-id')
  await read(third, '/etc/machine-id')
  const there = awake()

  expect(there).toBe(1)
  expect(await boot()).toBe(before)
  expect(await read(first, `${PF}/virtfn63/class`)).toBe('0x010802\n')
  expect(journalsIn(folder)).toEqual(['rack-1.jsonl'])
})

test('a machine stays while its counters are open, or a fault is armed on it', async () => {
  const { machines, awake } = await machinesIn(temporaryFolder(), 3, 1)
  const [watched, drilled, other] = machines as [FleetMachine, FleetMachine, FleetMachine]
  const counters = await watched.kernel.openCounters([
    { kind: 'interrupts', names: ['nvme0q1'] },
  ])
  const fault = {
    match: { path: '/etc/machine-id' },
    kind: { fault: 'errno', errno: 'EIO' },
  } as const
  const { id } = await drilled.drills.arm(fault)
  await read(other, '/etc/machine-id')
  const all = awake()
  await expect(read(drilled, '/etc/machine-id')).rejects.toMatchObject({ errno: 'EIO' })

  await counters.close()
  await drilled.drills.takeBack(id, 'without-effect')
  await watched.kernel.call({ call: 'exists', path: '/proc' })
  await machines[2]?.close()
  await read(other, '/etc/machine-id')

  expect(all).toBe(3)
  expect(awake()).toBe(1)
})

test('at a later start a machine that nobody touched is in the same boot still', async () => {
  const folder = temporaryFolder()
  const bootOf = async (hosts: number) => {
    const { machines } = await machinesIn(folder, hosts)
    return read(machines[0] as FleetMachine, '/proc/sys/kernel/random/boot_id')
  }

  expect(await bootOf(4)).toBe(await bootOf(2))
})

test('host 7 is the same host, with the same drives, whatever the count is', () => {
  const ofSmall = hostsOf(rack(7)).at(-1)?.describe()
  const ofBig = hostsOf(rack(9))[6]?.describe()

  expect(ofSmall).toEqual(ofBig)
  expect(ofSmall).toMatchObject({ name: 'rack-7', subsystems: [{ serial: 'SR7-7' }] })
})

test.each([
  ['name', { name: 'rack' }, 'hosts[0].name', /must have \{n\}/],
  ['serial', { serial: 'SR7' }, 'hosts[0].subsystems[0].serial', /must have \{n\}/],
  [
    'nqn',
    { nqn: 'nqn.2026-01.example:x' },
    'hosts[0].subsystems[0].nqn',
    /must have \{n\}/,
  ],
  ['count', { count: 0 }, 'hosts[0].count', /must be/],
  ['machineId', { machineId: 'a'.repeat(32) }, 'hosts[0].machineId', /each gets its own/],
  [
    'serial that is too long with a number',
    { count: 1000, serial: 'SR7-{n}-0123456789ab' },
    'hosts[0].subsystems[0].serial',
    /longer than 20 characters with the number 1000/,
  ],
  ['number without a count', { count: undefined }, 'hosts[0].name', /has no count/],
])('a wrong %s is refused by its field', (_what, fields, field, reason) => {
  const { hosts } = rackOf(HOSTS, VFS, false)
  const [host] = hosts
  const drive = host?.subsystems[0]
  const {
    serial = drive?.serial,
    nqn = drive?.nqn,
    ...own
  } = fields as Record<string, unknown>
  const wrong = { ...host, ...own, subsystems: [{ ...drive, serial, nqn }] }

  const parse = () => parseFleet(JSON.stringify({ hosts: [wrong] }, null, 1), 'rack.json')

  expect(parse).toThrow(
    expect.objectContaining({
      faults: [expect.objectContaining({ field, reason: expect.stringMatching(reason) })],
    })
  )
})

test('a SATA disk of many hosts needs a serial number for each', () => {
  const { hosts } = rackOf(HOSTS, VFS, false)
  const disk = { model: 'Example SD2', serial: 'SD2', firmware: '1', sizeBytes: 512 }
  const ahci = {
    address: '0000:00:17.0',
    classCode: 0x010601,
    vendor: 0x8086,
    device: 0xa182,
    driver: 'ahci',
    sataDisks: [disk],
  }
  const text = JSON.stringify({ hosts: [{ ...hosts[0], otherFunctions: [ahci] }] })

  expect(() => parseFleet(text, 'rack.json')).toThrow(
    'hosts[0].otherFunctions[0].sataDisks[0].serial: must have {n}'
  )
})

test('a name that two entries give is refused', () => {
  const { hosts } = rackOf(HOSTS, VFS, false)
  const { count: _, ...alone } = hosts[0] as (typeof hosts)[number]
  const text = JSON.stringify({ hosts: [...hosts, { ...alone, name: 'rack-200' }] })

  expect(() => parseFleet(text, 'rack.json')).toThrow(
    'hosts[1].name: gives a name that hosts[0].name has'
  )
})

function journalsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => name.endsWith('.jsonl'))
}
