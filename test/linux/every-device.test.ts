/** The main job's changes on every emulated device with VFs: done and undone, the machine as it was found. */
import { expect, test } from 'vitest'
import type { DeviceName } from '../../src/emulator/devices/device-policy.ts'
import { pf } from './captured-host.ts'
import { appliedAll, emulatedHost, PROVISION, RETIRE } from './emulated-host.ts'
import { labWith } from '../support/lab-with.ts'

const SHARED_AT_START = 'nqn.2019-08.org.qemu:nqn.2026-01.lab:sub0 1'

/** Device, and what it leaves behind: QEMU 10 attaches its first namespace to whoever is enabled, and keeps it so. */
const DEVICES = [
  ['qemu-7.2', {}],
  ['qemu-10', { [SHARED_AT_START]: [0, 1] }],
  ['specification', {}],
] as const

test.for(DEVICES)(
  'on %s VFs are provisioned and retired',
  async ([device, left]: readonly [DeviceName, Record<string, readonly number[]>]) => {
    const world = await emulatedHost(labWith(device))
    const before = world.machine.snapshot()
    const found = await primaryOf(world)

    await appliedAll(world, PROVISION)
    const provisioned = await primaryOf(world)
    await appliedAll(world, RETIRE)

    expect([provisioned.vq.assigned, provisioned.vi.assigned]).toEqual([7, 7])
    expect(await primaryOf(world)).toEqual(found)
    const attachments = { ...before.attachments, ...left }
    expect(world.machine.snapshot()).toEqual({ ...before, attachments })
  }
)

test('on a PM1733 nothing is free while its primary has it all', async () => {
  const world = await emulatedHost(labWith('pm1733'))

  const { vq, vi } = await primaryOf(world)

  expect([vq.total - vq.primary, vi.total - vi.primary]).toEqual([0, 0])
  await expect(appliedAll(world, PROVISION)).rejects.toMatchObject({
    failure: {
      kind: 'nvme-refused',
      status: 0x122,
      meaning: expect.stringContaining('Too few of these resources are free') as string,
    },
  })
})

async function primaryOf({ host }: Awaited<ReturnType<typeof emulatedHost>>) {
  const reply = await host.ask({ read: 'primary', pf })
  if (!reply.answered) throw new Error('nothing hangs')
  return reply.answer
}
