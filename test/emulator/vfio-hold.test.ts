/** A guest has /dev/vfio/N open: what waits for it, what does not, and that all ends well. */
import { beforeEach, expect, test } from 'vitest'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'
import {
  DEVICES,
  DRIVERS,
  labMachine,
  okOrErrno,
  PF,
  testMachine,
} from './machine-calls.ts'
import type { TestMachine } from './machine-calls.ts'

const DEADLINE_MS = 2_000

let machine: TestMachine

/** Two VFs, the second online and on vfio-pci in group 10. */
beforeEach(async () => {
  machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '2')
  await machine.virt(8, 2, 0, 3)
  await machine.virt(8, 2, 1, 3)
  await machine.virt(9, 2)
  await machine.write(`${PF}/virtfn1/driver_override`, 'vfio-pci')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.2')
})

/** `waits` when the lane reports the call as overdue. */
async function inLane(key: string, path: string, text?: string): Promise<string> {
  const lane = machine.machine.kernel.lane(key)
  const options = { deadlineMs: DEADLINE_MS }
  const asked =
    text === undefined
      ? lane.call({ call: 'read', path }, options)
      : lane.call({ call: 'write', path, text }, options)
  const ended = asked.then((answer) =>
    answer.done ? String(answer.answer ?? 'ok') : 'waits'
  )
  await machine.clock.advance(DEADLINE_MS + 1)
  return ended
}

test('the group is busy, its holder is named, and it can be opened again afterwards', async () => {
  const { kernel } = machine.machine
  const status = () =>
    okOrErrno(
      kernel
        .lane('status')
        .call(
          { call: 'vfioGroupStatus', path: '/dev/vfio/10' },
          { deadlineMs: DEADLINE_MS }
        )
    )

  const before = await status()
  const release = machine.machine.holdVfioGroup(10, 'qemu-system-x86')
  const during = await status()
  const holders = await kernel.call({ call: 'holders', path: '/dev/vfio/10' })
  release()

  expect([before, during, await status()]).toEqual(['ok', 'EBUSY', 'ok'])
  expect(holders).toEqual([{ pid: expect.any(Number), command: 'qemu-system-x86' }])
  expect(await kernel.call({ call: 'holders', path: '/dev/vfio/10' })).toEqual([])
})

test('sriov_numvfs=0 waits for the guest, and whoever asks for the PF waits with it', async () => {
  const release = machine.machine.holdVfioGroup(10, 'qemu')

  const store = await inLane('a', `${PF}/sriov_numvfs`, '0')
  const others = [
    await inLane('b', `${PF}/sriov_numvfs`),
    await inLane('c', `${PF}/driver_override`),
    await inLane('d', `${PF}/uevent`),
    await inLane('e', '/sys/bus/pci/rescan', '1'),
  ]
  const free = [
    await inLane('f', `${DEVICES}/0000:02:00.0/driver_override`),
    await inLane('g', `${DRIVERS}/nvme/unbind`, '0000:02:00.0'),
  ]
  const vendor = await machine.machine.kernel.call({ call: 'read', path: `${PF}/vendor` })
  release()
  await machine.clock.advance(1)

  expect(store).toBe('waits')
  expect(others).toEqual(['waits', 'waits', 'waits', 'waits'])
  expect(free).toEqual(['(null)\n', 'ok'])
  expect(vendor).toBe('0x1b36\n')
  expect(machine.machine.snapshot().primaries['0000:01:00.0']?.vfCount).toBe(0)
  expect(await machine.read(`${PF}/sriov_numvfs`)).toBe('0\n')
  expect(await machine.machine.kernel.lane('a').blockedBy()).toBeUndefined()
})

test('VFs before the held one are gone already, and the secondaries are online until the end', async () => {
  const release = machine.machine.holdVfioGroup(10, 'qemu')
  await inLane('a', `${PF}/sriov_numvfs`, '0')

  const snapshot = machine.machine.snapshot()
  release()

  expect(Object.keys(snapshot.functions)).not.toContain('0000:01:00.1')
  expect(Object.keys(snapshot.functions)).toContain('0000:01:00.2')
  expect(snapshot.primaries['0000:01:00.0']?.secondaries[1]?.state).toBe('online')
})

test('unbinding the held function waits, and its PF can be read meanwhile', async () => {
  const release = machine.machine.holdVfioGroup(10, 'qemu')

  const unbind = await inLane('a', `${DRIVERS}/vfio-pci/unbind`, '0000:01:00.2')
  const ofVf = await inLane('b', `${DEVICES}/0000:01:00.2/driver_override`)
  const ofPf = await inLane('c', `${PF}/sriov_numvfs`)
  release()
  await machine.clock.advance(1)

  expect([unbind, ofVf, ofPf]).toEqual(['waits', 'waits', '2\n'])
  expect(machine.machine.snapshot().functions['0000:01:00.2']?.driver).toBe(null)
})

test('offline works under the guest, and its interrupts stand still', async () => {
  const release = machine.machine.holdVfioGroup(10, 'qemu')
  await machine.clock.advance(5_000)
  const running = await guestInterrupts()

  const offline = await machine.virt(7, 2)
  const stopped = await guestInterrupts()
  await machine.clock.advance(5_000)
  const later = await guestInterrupts()
  release()

  expect(running).toBeGreaterThan(1_000)
  expect(offline).toBe('0x0')
  expect([stopped, later]).toEqual([running, running])
})

async function guestInterrupts(): Promise<number> {
  const text = await machine.read('/proc/interrupts')
  const line = text.split('\n').find((one) => one.includes('vfio-msix[1](0000:01:00.2)'))
  const counts = (line ?? '').trim().split(/\s+/).slice(1, 5).map(Number)
  return counts.reduce((sum, count) => sum + count, 0)
}

test('one guest at a time, and giving a group back twice is giving it back once', async () => {
  const release = machine.machine.holdVfioGroup(10, 'qemu')
  expect(() => machine.machine.holdVfioGroup(10, 'second')).toThrow('EBUSY')

  release()
  const second = machine.machine.holdVfioGroup(10, 'second')
  release()

  expect(() => machine.machine.holdVfioGroup(10, 'third')).toThrow('EBUSY')
  second()
})

/** Two plain drives in one group. */
async function sharedGroup() {
  const host = demoFleet().hosts.find(({ name }) => name === 'rack2-plain-a')
  if (!host) throw new Error('the demo fleet has lost its plain host')
  const shared = await testMachine(host)
  await shared.write(`${DEVICES}/0000:03:00.0/driver_override`, 'vfio-pci')
  await shared.write(`${DRIVERS}/nvme/unbind`, '0000:03:00.0')
  await shared.write('/sys/bus/pci/drivers_probe', '0000:03:00.0')
  const group = (await shared.link(`${DEVICES}/0000:03:00.0/iommu_group`)).split('/').at(-1)
  return { shared, group: Number(group) }
}

test('a group with a member that the host drives is not viable, and no guest gets it', async () => {
  const { shared, group } = await sharedGroup()
  const status = () =>
    shared.machine.kernel
      .lane('status')
      .call({ call: 'vfioGroupStatus', path: `/dev/vfio/${group}` }, { deadlineMs: 1 })

  const before = await status()
  const refused = () => shared.machine.holdVfioGroup(group, 'qemu')

  expect(before).toEqual({ done: true, answer: { viable: false } })
  expect(refused).toThrow('EPERM')
  await shared.write(`${DRIVERS}/nvme/unbind`, '0000:04:00.0')
  expect(await status()).toEqual({ done: true, answer: { viable: true } })
})

test('nvme does not get a function whose group a guest owns', async () => {
  const { shared, group } = await sharedGroup()
  await shared.write(`${DRIVERS}/nvme/unbind`, '0000:04:00.0')
  const release = shared.machine.holdVfioGroup(group, 'qemu')

  const during = await shared.write(`${DRIVERS}/nvme/bind`, '0000:04:00.0')
  release()

  expect(during).toBe('EBUSY')
  expect(await shared.write(`${DRIVERS}/nvme/bind`, '0000:04:00.0')).toBe('ok')
})
