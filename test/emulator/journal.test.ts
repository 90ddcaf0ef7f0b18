/** A machine outlives the process that emulated it: what was accepted is on disk before the call returns. */
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { DEVICES, DRIVERS, labMachine, PF, testMachine } from './machine-calls.ts'
import type { TestMachine } from './machine-calls.ts'

let folder: string
let journalPath: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nvirt-journal-'))
  journalPath = path.join(folder, 'machines', 'lab.jsonl')
})

const running: TestMachine[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ machine }) => machine.close()))
  await rm(folder, { recursive: true })
})

/** Closed at the end of the test; until then as if its process had been killed. */
async function powerOn(clock = fakeClock(), host = labLikeHost()): Promise<TestMachine> {
  const machine = await testMachine(host, { journalPath, clock })
  running.push(machine)
  return machine
}

/** VF 1 provisioned and on nvme, the plain controller on vfio-pci. */
async function change(machine: TestMachine): Promise<void> {
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '3')
  await machine.virt(8, 1, 0, 4)
  await machine.virt(8, 1, 1, 3)
  await machine.virt(9, 1)
  await machine.attach(2, [1])
  await machine.detach(1, [1])
  await machine.write(`${PF}/virtfn0/driver_override`, 'nvme')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.1')
  await machine.write(`${DEVICES}/0000:02:00.0/driver_override`, 'vfio-pci')
  await machine.write(`${DRIVERS}/nvme/unbind`, '0000:02:00.0')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:02:00.0')
}

test('what was written on a namespace is still there after a crash and after a reboot', async () => {
  const bytes = Buffer.alloc(512, 'kept')
  const before = await powerOn()
  const path = await plainDisk(before)
  await before.lane({ call: 'holdDisk', path })
  await before.lane({ call: 'writeBlocks', path, offset: 4096, bytes })
  await before.lane({ call: 'writeBlocks', path, offset: 8192, bytes })
  await before.lane({ call: 'writeZeroes', path, offset: 8192, length: 512 })

  const after = await powerOn()
  const kept = await contentOf(after)
  await after.machine.drills.fire({ event: 'reboot' })
  await after.lane({ call: 'holdDisk', path: await plainDisk(after) })
  const rebooted = await contentOf(after)

  expect(kept.map(String)).toEqual([String(bytes), String(Buffer.alloc(512))])
  expect(rebooted).toEqual(kept)
})

/** A reboot numbers disks anew. */
async function plainDisk({ list }: TestMachine): Promise<string> {
  const folder = `${DEVICES}/0000:02:00.0/nvme`
  const [controller = ''] = await list(folder)
  const disk = (await list(`${folder}/${controller}`)).find((name) => /n\d+$/.test(name))
  return `/dev/${disk}`
}

async function contentOf(machine: TestMachine): Promise<readonly Buffer[]> {
  const path = await plainDisk(machine)
  const read = async (offset: number) =>
    Buffer.from(await machine.lane({ call: 'readBlocks', path, offset, length: 512 }))
  return [await read(4096), await read(8192)]
}

const FILES = [
  '/proc/sys/kernel/random/boot_id',
  '/etc/machine-id',
  '/proc/interrupts',
  '/sys/block/nvme0c0n1/stat',
]

test('power-on after a crash gives the same machine in the same boot, counters going on', async () => {
  const clock = fakeClock()
  const before = await powerOn(clock)
  await clock.advance(4_000)
  await change(before)
  await clock.advance(60_000)
  const files = await Promise.all(FILES.map(before.read))

  const after = await powerOn(clock)

  expect(after.machine.snapshot()).toEqual(before.machine.snapshot())
  expect(await Promise.all(FILES.map(after.read))).toEqual(files)
  expect(await after.list('/sys/class/block')).toEqual(
    await before.list('/sys/class/block')
  )
  expect(after.machine.transcript).toEqual([])
})

test('a call is in the journal when it returns, a refused one never', async () => {
  const machine = await powerOn()

  await machine.write(`${PF}/sriov_numvfs`, '9')
  await machine.virt(9, 1)
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  const lines = (await readFile(journalPath, 'utf8')).trimEnd().split('\n')

  expect(lines.length).toBe(2)
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({
    call: { call: 'write', path: `${PF}/sriov_drivers_autoprobe`, text: '0' },
  })
})

test('a last line that a crash cut off is dropped, and the journal goes on after it', async () => {
  const first = await powerOn()
  await first.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await appendFile(journalPath, '{"atMs":5,"call":{"call":"write","path":"/sys/bus/pci/de')

  const second = await powerOn()
  await second.write(`${PF}/sriov_numvfs`, '2')
  const third = await powerOn()

  expect(third.machine.snapshot().primaries['0000:01:00.0']).toMatchObject({
    vfCount: 2,
    autoprobe: false,
  })
})

test('a damaged line in the middle is not guessed at', async () => {
  const machine = await powerOn()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await writeFile(journalPath, `${await readFile(journalPath, 'utf8')}nonsense\n{}\n`)

  await expect(powerOn()).rejects.toThrow(`${journalPath}:3`)
})

test('the journal of another description is another machine', async () => {
  const machine = await powerOn()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')

  const bigger = await powerOn(fakeClock(), { ...labLikeHost(), cpus: 8 })

  expect(bigger.machine.snapshot().primaries['0000:01:00.0']?.autoprobe).toBe(true)
})

test('a write that waits for a guest is accepted: without the guest it is done at power-on', async () => {
  const clock = fakeClock()
  const machine = await powerOn(clock)
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '1')
  await machine.write(`${PF}/virtfn0/driver_override`, 'vfio-pci')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.1')
  machine.machine.holdVfioGroup(9, 'qemu')
  const lane = machine.machine.kernel.lane('retire')

  const waiting = lane.call(
    { call: 'write', path: `${PF}/sriov_numvfs`, text: '0' },
    { deadlineMs: 100 }
  )
  await clock.advance(101)
  await machine.machine.close()
  const after = await powerOn(clock)

  expect((await waiting).done).toBe(false)
  expect(after.machine.snapshot().primaries['0000:01:00.0']?.vfCount).toBe(0)
})

test('a boot of its own for each machine without a journal', async () => {
  const clock = fakeClock()
  const first = await labMachine({ clock })
  await clock.advance(1)
  const second = await labMachine({ clock })

  const ids = await Promise.all([first, second].map((m) => m.read(FILES[0] ?? '')))

  expect(ids[0]).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}\n$/
  )
  expect(ids[0]).not.toBe(ids[1])
})
