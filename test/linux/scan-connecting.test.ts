/** A scan while nvme sets a controller up: it is there, and has not told yet who it is. */
import { expect, test } from 'vitest'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { KERNEL_TIMING } from '../../src/emulator/timing.ts'
import type { HostObservation } from '../../src/host/observation.ts'
import { scanned } from '../inventory/scanned.ts'
import { answerTo, bindTo, capturedHost, context, pf, plain, vf1 } from './captured-host.ts'
import { PF, PLAIN, VF1 } from './captured-machine.ts'
import { emulatedHost, type EmulatedHost } from './emulated-host.ts'

const { probeMs, scanMs } = KERNEL_TIMING

test('a new drive has neither a row nor an event before it tells who it is', async () => {
  const { empty, connecting, live } = await plugged(PF)

  const before = scanned([empty, connecting])
  const after = scanned([empty, connecting, live])

  expect(driversIn(connecting)).toEqual(['nvme'])
  expect(before.rows).toEqual({ controllers: [], virtualFunctions: [], namespaces: [] })
  expect(before.differences).toEqual([])
  expect(after.rows.controllers).toMatchObject([{ serial: 'PF0', present: true }])
  expect(after.rows.virtualFunctions.length).toBe(8)
})

test('of two new drives neither is ambiguous', async () => {
  const { empty, connecting, live } = await plugged(PF, PLAIN)

  const { rows } = scanned([empty, connecting, live])

  expect(driversIn(connecting)).toEqual(['nvme', 'nvme'])
  expect(rows.controllers).toMatchObject([
    { serial: 'PF0', ambiguous: false },
    { serial: 'PLAIN0', ambiguous: false },
  ])
})

test.for([
  ['an SR-IOV drive', pf],
  ['a plain drive', plain],
] as const)(
  '%s that nvme takes anew stays who it was, with all that it has',
  async ([, fn]) => {
    const world = await emulatedHost(labLikeHost(), KERNEL_TIMING)
    const before = await world.host.scan()
    await world.host.apply({ change: 'unbind', fn }, context)
    await bound(world, fn)

    const connecting = await world.host.scan()
    await world.clock.advance(probeMs + scanMs)
    const live = await world.host.scan()

    const known = scanned([before]).rows
    for (const scans of [[connecting], [connecting, live]]) {
      const { rows, differences } = scanned([before, ...scans])
      expect(differences.map(({ type }) => type)).toEqual(['controller.changed'])
      expect(namesOf(rows.controllers)).toEqual(namesOf(known.controllers))
      expect(rows.virtualFunctions).toEqual(known.virtualFunctions)
      expect(rows.namespaces.every(({ present }) => present)).toBe(true)
    }
  }
)

test.for(['(efault)', '(null)'])(
  'a controller that sysfs says is %s does not answer, and its disks are looked for by its primary',
  async (nothing) => {
    const world = capturedHost()
    const { files } = world.machine
    bindTo(world.machine, VF1, 'nvme')
    const controller = `/sys/bus/pci/devices/${VF1}/nvme/nvme2`
    for (const file of ['serial', 'model', 'firmware_rev', 'subsysnqn']) {
      files.text(`${controller}/${file}`, `${nothing}\n`)
    }
    for (const file of ['cntlid', 'queue_count', 'sqsize']) {
      files.text(`${controller}/${file}`, '0\n')
    }
    files.text(`${controller}/state`, 'connecting\n')
    files.link('/sys/class/nvme/nvme2', controller)
    files.text('/proc/1/mountinfo', '30 1 259:1 / /data rw - ext4 /dev/nvme0n1 rw\n')

    const { functions } = await world.host.scan()
    const identity = await answerTo(world, { read: 'identity', fn: vf1 })
    const usage = await answerTo(world, { read: 'usage', fn: vf1 })

    expect(functions.find(({ address }) => address === vf1)?.controller).toBeNull()
    expect(identity).not.toHaveProperty('controller')
    expect(usage.uses).toMatchObject([{ nsid: 1, disk: 'nvme0n1', by: '/data' }])
  }
)

/** Of a machine that these are plugged into: before, while nvme sets them up, and once it has. */
async function plugged(...addresses: readonly string[]) {
  const world = await emulatedHost(labLikeHost(), KERNEL_TIMING)
  for (const address of [PF, PLAIN]) await fired(world, 'surprise-removal', address)
  const empty = await world.host.scan()
  for (const address of addresses) await fired(world, 'hot-plug', address)
  const connecting = await world.host.scan()
  await world.clock.advance(probeMs + scanMs)
  return { empty, connecting, live: await world.host.scan() }
}

async function fired(
  { machine, clock }: EmulatedHost,
  event: 'surprise-removal' | 'hot-plug',
  address: string
): Promise<void> {
  await machine.drills.fire({ event, address })
  await clock.advance(0)
}

async function bound({ machine }: EmulatedHost, fn: string): Promise<void> {
  const bind = { call: 'write', path: '/sys/bus/pci/drivers/nvme/bind', text: fn } as const
  await machine.kernel.lane('somebody').call(bind, { deadlineMs: 1_000 })
}

function driversIn({ functions }: HostObservation) {
  return functions.map(({ binding }) => binding?.driver)
}

function namesOf(rows: readonly { id: string; serial: string; present: boolean }[]) {
  return rows.map(({ id, serial, present }) => ({ id, serial, present }))
}
