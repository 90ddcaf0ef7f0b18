/** An emulator that went away, as those see it who still have its kernel. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SYSTEM } from '../../src/access/caller.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { serveMachines } from '../../src/emulator/process/machine-server.ts'
import { remoteMachine } from '../../src/emulator/process/remote-machine.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { hostIdOf } from '../../src/inventory/identity.ts'
import { createInventory } from '../../src/inventory/scan-service.ts'
import type { Uevent } from '../../src/kernel/kernel.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { temporaryStore } from '../store/temporary-store.ts'
import { fakeClock } from '../support/fake-clock.ts'

async function served() {
  const clock = fakeClock()
  const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-away-'))
  const socketPath = path.join(folder, 'emulator.sock')
  const machine = await emulatedMachine({ ...labLikeHost(), name: 'one' }, { clock })
  const server = await serveMachines([machine], socketPath, clock)
  const remote = remoteMachine(socketPath, 'one', clock)
  onTestFinished(async () => {
    await remote.close()
    await machine.close()
    rmSync(folder, { recursive: true })
  })
  return { clock, remote, kernel: remote.kernel, goAway: server.close, machine, socketPath }
}

const AWAY = { name: 'KernelError', errno: 'EIO', cause: { name: 'EmulatorGone' } }

test('a kernel whose emulator went away refuses with EIO, whatever is asked', async () => {
  const { kernel, goAway } = await served()
  await kernel.call({ call: 'read', path: '/etc/machine-id' })

  await goAway()

  const asked = [
    kernel.call({ call: 'read', path: '/etc/machine-id' }),
    kernel.lane('bus').call({ call: 'read', path: '/sys/x' }, { deadlineMs: 1000 }),
    kernel.lane('bus').blockedBy(),
    kernel.watchUevents(() => {}),
  ]
  for (const answer of asked) await expect(answer).rejects.toMatchObject(AWAY)
})

test('counters that went with their emulator are closed', async () => {
  const { kernel, goAway } = await served()
  const reader = await kernel.openCounters([{ kind: 'interrupts', names: ['nvme0q1'] }])
  await reader.read()
  expect(reader.values[0]).not.toBeNaN()

  await goAway()

  await expect(reader.close()).resolves.toBeUndefined()
})

test('who could not listen to uevents is not told of any later', async () => {
  const { clock, kernel, goAway, machine, socketPath } = await served()
  await goAway()
  const heard: Uevent[] = []
  await expect(kernel.watchUevents((uevent) => heard.push(uevent))).rejects.toThrow('EIO')
  heard.length = 0 // that all were lost is told while it is being found out

  const again = await serveMachines([machine], socketPath, clock)
  await kernel.call({ call: 'read', path: '/etc/machine-id' })
  await again.close()

  expect(heard).toEqual([])
})

test('a host whose emulator goes away in the middle of a scan is away', async () => {
  const { clock, kernel, goAway } = await served()
  const store = await temporaryStore()
  const driver = linuxHost(kernel, clock, { emulated: true })
  const id = hostIdOf((await driver.facts()).machineId)
  const hosts = createHosts()
  hosts.set({ id, reach: 'reachable', driver })
  const troubles: unknown[] = []
  const inventory = createInventory({
    hosts,
    store,
    clock,
    changing: () => null,
    onTrouble: (trouble) => troubles.push(trouble),
  })
  onTestFinished(() => inventory.stop())
  await inventory.rescan(SYSTEM, id)

  const { lane } = kernel
  kernel.lane = (key) => ({
    ...lane(key),
    call: async (call, options) => {
      await goAway()
      return lane(key).call(call, options)
    },
  })
  const rescan = inventory.rescan(SYSTEM, id)

  await expect(rescan).rejects.toMatchObject({ trouble: { kind: 'host-away' } })
  expect(inventory.host(SYSTEM, id)).toMatchObject({ reach: 'away' })
  expect(troubles).toEqual([])
})

test('a drill says whether its emulator was there to be asked', async () => {
  const { goAway, machine, remote, socketPath, clock } = await served()
  const { fire } = machine.drills
  machine.drills.fire = async (event) => {
    const outcome = await fire(event)
    await goAway()
    return outcome
  }

  const cutOff = remote.drills.fire({ event: 'reboot' })
  await expect(cutOff).rejects.toMatchObject({
    name: 'HostDriverError',
    failure: { kind: 'kernel-refused', errno: 'EIO' },
  })
  await expect(remote.drills.armed()).rejects.toMatchObject({
    name: 'HostDriverError',
    failure: { kind: 'gone', what: 'one' },
  })

  const again = await serveMachines([machine], socketPath, clock)
  expect(await remote.drills.armed()).toEqual([])
  await again.close()
})
