/** A host reboots: what goes, what gets another number, what the drives keep. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { demoFleet } from '../../../src/emulator/demo-fleet.ts'
import type { Uevent } from '../../../src/kernel/kernel.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import {
  begunWrite,
  DEVICES,
  DRIVERS,
  labMachine,
  PF,
  testMachine,
} from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'

const PLAIN = '0000:02:00.0'
const REBOOT = { event: 'reboot' } as const
const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/** A VF online on vfio-pci, an override on the plain controller, and namespace 2 at the primary. */
async function inUse(machine: TestMachine): Promise<void> {
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '1')
  await machine.virt(8, 1, 0, 3)
  await machine.virt(8, 1, 1, 3)
  await machine.virt(9, 1)
  await machine.attach(2, [0])
  await machine.write(`${PF}/virtfn0/driver_override`, 'vfio-pci')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.1')
  await machine.write(`${DEVICES}/${PLAIN}/driver_override`, 'vfio-pci')
  await machine.write(`${DRIVERS}/nvme/unbind`, PLAIN)
  await machine.write('/sys/bus/pci/drivers_probe', PLAIN)
}

test('bindings, overrides and VFs are gone; the boot has an id of its own', async () => {
  const machine = await labMachine()
  await inUse(machine)
  const before = await machine.read(BOOT_ID)

  await machine.machine.drills.fire(REBOOT)

  expect(await machine.read(BOOT_ID)).not.toBe(before)
  const { functions, primaries } = machine.machine.snapshot()
  expect(functions).toEqual({
    '0000:01:00.0': { driver: 'nvme', override: null },
    [PLAIN]: { driver: 'nvme', override: null },
  })
  const { vfCount, autoprobe, secondaries } = primaries['0000:01:00.0'] ?? {}
  expect({ vfCount, autoprobe }).toEqual({ vfCount: 0, autoprobe: true })
  expect(secondaries?.filter(({ vq, vi }) => vq > 0 || vi > 0)).toEqual([])
})

test('controllers, disks and groups get other numbers', async () => {
  const machine = await labMachine()
  const numbers = async (address: string) => [
    await machine.list(`${DEVICES}/${address}/nvme`),
    await machine.link(`${DEVICES}/${address}/iommu_group`),
  ]
  const before = [await numbers('0000:01:00.0'), await numbers(PLAIN)]

  await machine.machine.drills.fire(REBOOT)

  const after = [await numbers('0000:01:00.0'), await numbers(PLAIN)]
  expect(before.flat(2)).toContain('nvme0')
  for (const [i, one] of after.flat().entries()) expect(one).not.toEqual(before.flat()[i])
})

test('a file system of the description is mounted again', async () => {
  const host = demoFleet().hosts.find(({ name }) => name === 'rack2-plain-a')
  if (!host) throw new Error('the demo fleet has changed')
  const machine = await testMachine(host)

  await machine.machine.drills.fire(REBOOT)

  expect(await machine.read('/proc/1/mountinfo')).toContain(' /var/lib/data ')
})

test('I/O that was done stays in the drive’s health log', async () => {
  const machine = await labMachine()
  await machine.clock.advance(3_600_000)
  const written = async () => {
    const [name = ''] = await machine.list(`${DEVICES}/${PLAIN}/nvme`)
    const command = { opcode: 0x02, nsid: 0xffffffff, cdw10: 0x007f0002, dataInLength: 512 }
    const { data } = await machine.admin(`/dev/${name}`, command)
    return [Buffer.from(data).readUInt32LE(80), Buffer.from(data).readUInt32LE(128)]
  }
  const before = await written()

  await machine.machine.drills.fire(REBOOT)

  expect(before[0]).toBeGreaterThan(0)
  expect(await written()).toEqual(before)
  expect(before[1], 'hours').toBe(1)
})

test('what is in flight fails, and who watches is told that uevents were lost', async () => {
  const machine = await labMachine()
  await inUse(machine)
  const letGo = machine.machine.holdVfioGroup(9, 'qemu')
  const waits = await begunWrite(machine, `${PF}/sriov_numvfs`, '0')
  machine.machine.faults.add({
    match: { path: '**/rescan' },
    kind: { fault: 'never-returns' },
  })
  const hangs = await begunWrite(machine, '/sys/bus/pci/rescan', '1')
  const heard: Uevent[] = []
  await machine.machine.kernel.watchUevents((uevent) => heard.push(uevent))

  await machine.machine.drills.fire(REBOOT)
  await machine.clock.advance(0)
  letGo()

  expect([waits.said(), hangs.said()]).toEqual(['EIO', 'EIO'])
  expect(heard.map(({ action }) => action)).toEqual(['lost'])
})

test('while it is down nothing answers, and nothing can be done to it', async () => {
  const machine = await labMachine()
  const counters = await machine.machine.kernel.openCounters([
    { kind: 'interrupts', names: ['nvme0q0'] },
  ])
  await counters.read()
  const before = counters.values[0]

  await machine.machine.drills.fire({ event: 'reboot', downMs: 60_000 })
  const said = await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  const again = await machine.machine.drills.fire(REBOOT)
  await counters.read()
  await machine.clock.advance(60_000)
  const up = await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  const counted = counters.values[0]
  await counters.read()

  expect(before).toBeGreaterThan(0)
  expect([said, up]).toEqual(['EIO', 'ok'])
  expect(again).toEqual({ fired: false, state: 'down', from: 'up' })
  expect(counted).toBeNaN()
  expect(counters.values[0], 'of another boot').toBeNaN()
})

test('an emulator that is started again is in the same boot, with what was done in it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'nvirt-reboot-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const journalPath = path.join(folder, 'machine.jsonl')
  const clock = fakeClock()
  const machine = await labMachine({ journalPath, clock })
  await inUse(machine)
  await clock.advance(5_000)
  await machine.machine.drills.fire(REBOOT)
  await clock.advance(5_000)
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '3')
  await machine.machine.drills.fire({ event: 'surprise-removal', address: PLAIN })
  await machine.write(`${PF}/virtfn1/driver_override`, 'none')
  const before = [machine.machine.snapshot(), await machine.read(BOOT_ID)]
  await machine.machine.close()

  const again = await labMachine({ journalPath, clock })

  expect([again.machine.snapshot(), await again.read(BOOT_ID)]).toEqual(before)
  expect(await again.exists(`${DEVICES}/${PLAIN}`)).toBe(false)
  const plugged = await again.machine.drills.fire({ event: 'hot-plug', address: PLAIN })
  expect(plugged).toEqual({ fired: true })
  const lines = (await readFile(journalPath, 'utf8')).split('\n')
  expect(lines.filter((line) => line.startsWith('{"boot"')).length).toBe(2)
})
