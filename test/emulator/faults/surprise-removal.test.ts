/** A drive is torn out of its slot, and comes back. */
import { expect, test } from 'vitest'
import type { MachineEvent } from '../../../src/host/drills.ts'
import type { Uevent } from '../../../src/kernel/kernel.ts'
import { begun, begunWrite, DEVICES, DRIVERS, labMachine, PF } from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'

const PLAIN = '0000:02:00.0'

async function fire(machine: TestMachine, event: MachineEvent) {
  const outcome = await machine.machine.drills.fire(event)
  await machine.clock.advance(0)
  return outcome
}

const pulled = (address: string) => ({ event: 'surprise-removal', address }) as const
const plugged = (address: string) => ({ event: 'hot-plug', address }) as const

/** VF 1 is online and nvme2, VF 2 is a guest's. */
async function withVfs(): Promise<TestMachine> {
  const machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '2')
  for (const vf of [1, 2]) {
    await machine.virt(8, vf, 0, 3)
    await machine.virt(8, vf, 1, 3)
    await machine.virt(9, vf)
  }
  await machine.write(`${PF}/virtfn0/driver_override`, 'nvme')
  await machine.write(`${PF}/virtfn1/driver_override`, 'vfio-pci')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.1')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.2')
  return machine
}

test('the drive goes with its controller and its disks, each of them heard of', async () => {
  const machine = await labMachine()
  const heard: Uevent[] = []
  await machine.machine.kernel.watchUevents((uevent) => heard.push(uevent))

  const outcome = await fire(machine, pulled(PLAIN))

  expect(outcome).toEqual({ fired: true })
  expect(
    heard.map(({ action, devpath }) => `${action} ${devpath.split('/').at(-1)}`)
  ).toEqual(['remove nvme1n1', 'remove nvme1', `unbind ${PLAIN}`, `remove ${PLAIN}`])
  expect(await machine.exists(`${DEVICES}/${PLAIN}`)).toBe(false)
  expect(await machine.write('/sys/bus/pci/rescan', '1'), 'the slot is empty').toBe('ok')
  expect(await machine.exists(`${DEVICES}/${PLAIN}`)).toBe(false)
})

test('a mount stays behind, dead, and its disk’s number is not given out again', async () => {
  const machine = await labMachine()
  machine.machine.mount('nvme1n1', '/srv/data')
  const mounted = () => machine.read('/proc/1/mountinfo')
  const [, number] = / (259:\d+) \/ \/srv\/data /.exec(await mounted()) ?? []

  await fire(machine, pulled(PLAIN))
  const left = await mounted()
  await fire(machine, plugged(PLAIN))

  expect(left).toContain(`${number} / /srv/data`)
  expect(await machine.read('/sys/block/nvme1n1/dev')).not.toBe(`${number}\n`)
})

test('VFs go with their PF, and it comes back without any, its secondaries empty', async () => {
  const machine = await withVfs()

  await fire(machine, pulled('0000:01:00.0'))
  const left = (await machine.list(DEVICES)).filter((one) => one.startsWith('0000:01'))
  const outcome = await fire(machine, plugged('0000:01:00.0'))

  expect(left).toEqual([])
  expect(outcome).toEqual({ fired: true })
  const { vfCount, autoprobe, secondaries } =
    machine.machine.snapshot().primaries['0000:01:00.0'] ?? {}
  expect({ vfCount, autoprobe }).toEqual({ vfCount: 0, autoprobe: true })
  expect(secondaries?.filter(({ state, vq }) => state === 'online' || vq > 0)).toEqual([])
  expect(await machine.read('/sys/class/nvme/nvme0/state')).toBe('live\n')
})

test('the removal waits for a guest; what needs the device or the bus waits too', async () => {
  const machine = await withVfs()
  const letGo = machine.machine.holdVfioGroup(10, 'qemu')

  await fire(machine, pulled('0000:01:00.0'))
  const waiting = [
    await begun(machine, { call: 'read', path: `${DEVICES}/0000:01:00.2/driver_override` }),
    await begunWrite(machine, '/sys/bus/pci/rescan', '1'),
    await begunWrite(machine, `${DRIVERS}/vfio-pci/unbind`, '0000:01:00.2'),
  ]
  const during = waiting.map((call) => call.said())
  const config = await machine.machine.kernel
    .lane('config')
    .call({ call: 'readBytes', path: `${PF}/config`, length: 4 }, { deadlineMs: 1_000 })
  const again = await fire(machine, pulled('0000:01:00.0'))
  const tooEarly = await fire(machine, plugged('0000:01:00.0'))
  letGo()
  await machine.clock.advance(1)

  expect(during).toEqual([undefined, undefined, undefined])
  const ones = Buffer.alloc(4, 0xff)
  expect(config, 'nothing answers').toMatchObject({ answer: ones })
  expect(again).toEqual({ fired: false, state: 'being-removed', from: 'physical' })
  expect(tooEarly).toEqual({ fired: false, state: 'being-removed', from: 'absent' })
  expect(waiting.map((call) => call.said())).toEqual(['ENODEV', 'ok', 'ok'])
  expect(await machine.exists(PF)).toBe(false)
})

const NOT_SO = [
  [pulled('0000:01:00.1'), 'virtual', 'physical'],
  [pulled('0000:7f:00.0'), 'unknown', 'physical'],
  [pulled('0000:00:01.0'), 'unknown', 'physical'],
  [plugged('0000:01:00.0'), 'present', 'absent'],
  [
    { event: 'resources-lost', address: PLAIN } satisfies MachineEvent,
    'not-primary',
    'primary',
  ],
  [
    { event: 'controller-reset', address: '0000:01:00.2' } satisfies MachineEvent,
    'not-driven-by-nvme',
    'driven-by-nvme',
  ],
] as const

test.for(NOT_SO)('%j cannot happen to what is %s', async ([event, state, from]) => {
  const machine = await withVfs()
  const before = machine.machine.snapshot()

  const outcome = await machine.machine.drills.fire(event)

  expect(outcome).toEqual({ fired: false, state, from })
  expect(machine.machine.snapshot()).toEqual(before)
})

test('a drive loses its VQ and VI, of one VF or of all, and nothing tells', async () => {
  const machine = await withVfs()
  const heard: Uevent[] = []
  await machine.machine.kernel.watchUevents((uevent) => heard.push(uevent))
  const address = '0000:01:00.0'
  const states = () =>
    machine.machine
      .snapshot()
      .primaries[address]?.secondaries.slice(0, 2)
      .map(({ state, vq, vi }) => `${state} ${vq} ${vi}`)

  await fire(machine, { event: 'resources-lost', address, vfNumber: 2 })
  const one = states()
  await fire(machine, { event: 'resources-lost', address })

  expect(one).toEqual(['online 3 3', 'offline 0 0'])
  expect(states()).toEqual(['offline 0 0', 'offline 0 0'])
  expect(heard).toEqual([])
  expect(await machine.read('/sys/class/nvme/nvme2/state')).toBe('live\n')
})

const RESETS = ['controller-reset', 'function-reset'] as const

test.for(RESETS)('a %s of the primary takes every secondary down', async (event) => {
  const machine = await withVfs()

  await fire(machine, { event, address: '0000:01:00.0' })

  const { secondaries } = machine.machine.snapshot().primaries['0000:01:00.0'] ?? {}
  expect(secondaries?.every(({ state, vq }) => state === 'offline' && vq === 0)).toBe(true)
  expect(await machine.read('/sys/class/nvme/nvme0/state')).toBe('live\n')
})
