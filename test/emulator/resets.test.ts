/** What resets take down. */
import { expect, test } from 'vitest'
import { DEVICES, DRIVERS, identify, labMachine, PF } from './machine-calls.ts'
import type { TestMachine } from './machine-calls.ts'

/** VF 1 online with 4 VQ and 3 VI, bound to nvme. */
async function withVf(): Promise<TestMachine> {
  const machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '2')
  await machine.virt(8, 1, 0, 4)
  await machine.virt(8, 1, 1, 3)
  await machine.virt(9, 1)
  await machine.write(`${PF}/virtfn0/driver_override`, 'nvme')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.1')
  return machine
}

const TAKE_DOWN = [
  ['Controller Reset', '/sys/class/nvme/nvme0/reset_controller', '1'],
  ['Function Level Reset of the PF', `${PF}/reset`, '1'],
] as const

test.for(TAKE_DOWN)(
  '%s of the primary takes every secondary offline and zeroes it',
  async ([, path, text]) => {
    const machine = await withVf()

    const done = await machine.write(path, text)

    expect(done).toBe('ok')
    const [first] = machine.machine.snapshot().primaries['0000:01:00.0']?.secondaries ?? []
    expect(first).toEqual({ cntlid: 1, state: 'offline', vq: 0, vi: 0 })
    expect(await machine.read(`${PF}/sriov_numvfs`)).toBe('2\n')
    expect(await machine.read('/sys/class/nvme/nvme0/state')).toBe('live\n')
  }
)

test('nvme leaves the primary enabled, and takes every secondary offline when it comes back', async () => {
  const machine = await withVf()
  const seen = () => machine.machine.snapshot().primaries['0000:01:00.0']

  const done = await machine.write(`${DRIVERS}/nvme/unbind`, '0000:01:00.0')
  const left = seen()
  const refused = await machine.write(`${PF}/sriov_numvfs`, '0')
  const back = await machine.write(`${DRIVERS}/nvme/bind`, '0000:01:00.0')

  expect([done, refused, back]).toEqual(['ok', 'ENOENT', 'ok'])
  expect(left?.vfCount).toBe(2)
  expect(left?.secondaries[0]).toEqual({ cntlid: 1, state: 'online', vq: 4, vi: 3 })
  expect(seen()?.vfCount).toBe(2)
  expect(seen()?.secondaries[0]).toEqual({ cntlid: 1, state: 'offline', vq: 0, vi: 0 })
})

test('vfio-pci does not take a primary with VFs', async () => {
  const machine = await withVf()
  await machine.write(`${PF}/driver_override`, 'vfio-pci')
  await machine.write(`${DRIVERS}/nvme/unbind`, '0000:01:00.0')

  expect(await machine.write(`${DRIVERS}/vfio-pci/bind`, '0000:01:00.0')).toBe('EBUSY')
})

test('what no driver has had is in a power state that Linux does not know', async () => {
  const machine = await labMachine()
  const power = (address: string) => machine.read(`${DEVICES}/${address}/power_state`)

  expect([await power('0000:00:1f.2'), await power('0000:00:02.0')]).toEqual([
    'unknown\n',
    'D0\n',
  ])
})

test('what is left without a driver is in a power state that Linux does not know, until it is reset', async () => {
  const machine = await withVf()
  await machine.write(`${DRIVERS}/nvme/unbind`, '0000:01:00.1')
  const left = await machine.read(`${PF}/virtfn0/power_state`)
  await machine.write(`${PF}/virtfn0/reset`, '1')

  expect([left, await machine.read(`${PF}/virtfn0/power_state`)]).toEqual([
    'unknown\n',
    'D0\n',
  ])
})

test('nvme notices an offline VF when its I/O times out, and lets go of it', async () => {
  const machine = await withVf()
  await machine.virt(7, 1)

  const before = await machine.read('/sys/class/nvme/nvme2/state')
  await machine.clock.advance(29_000)
  const late = await machine.exists('/sys/class/nvme/nvme2')
  await machine.clock.advance(2_000)
  const after = await machine.exists('/sys/class/nvme/nvme2')

  expect([before, late, after]).toEqual(['live\n', true, false])
  expect(await machine.exists(`${PF}/virtfn0/driver`)).toBe(false)
})

test('an FLR of a VF leaves it online with its resources', async () => {
  const machine = await withVf()

  expect(await machine.write(`${PF}/virtfn0/reset`, '1')).toBe('ok')
  expect(await machine.write(`${PF}/virtfn0/reset`, '2')).toBe('EINVAL')

  const list = await identify(machine, 0x15)
  expect([list[36], list.readUInt16LE(42), list.readUInt16LE(44)]).toEqual([1, 4, 3])
})

test('after an FLR of the PF its VFs are still listed, but nothing answers behind them', async () => {
  const machine = await withVf()
  await machine.write(`${PF}/reset`, '1')

  expect(await machine.exists(`${DEVICES}/0000:01:00.1`)).toBe(true)
  expect(await machine.virt(8, 1, 0, 4)).toBe('0x0')
  expect(await machine.virt(8, 1, 1, 3)).toBe('0x0')
  expect(await machine.virt(9, 1), 'the device has no VF').toBe('0x4120')
  await machine.write(`${PF}/sriov_numvfs`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '2')
  expect(await machine.virt(9, 1), 'recovered by 0 and 2').toBe('0x0')
})

test('resources beyond NumVFs survive the end of the VFs', async () => {
  const machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '1')
  await machine.virt(8, 1, 0, 2)
  await machine.virt(8, 3, 0, 2)

  await machine.write(`${PF}/sriov_numvfs`, '0')

  const secondaries = machine.machine.snapshot().primaries['0000:01:00.0']?.secondaries
  expect(secondaries?.map(({ vq }) => vq)).toEqual([0, 0, 2, 0, 0, 0, 0, 0])
})
