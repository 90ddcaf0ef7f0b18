import { expect, test } from 'vitest'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import {
  bindTo,
  capturedHost,
  context,
  done,
  failureOf,
  pf,
  plain,
  unbound,
  vf1,
} from './captured-host.ts'
import { PF, PLAIN, VF1 } from './captured-machine.ts'

const device = (fn: string) => `/sys/bus/pci/devices/${fn}`

test('clearing an override writes a lone newline', async () => {
  const { host, machine } = capturedHost()
  machine.files.text(`${device(VF1)}/driver_override`, 'vfio-pci\n')

  const outcome = await host.apply(
    { change: 'setOverride', fn: vf1, driver: null },
    context
  )

  expect(outcome).toEqual(done(`write ${device(VF1)}/driver_override "\\n"`))
})

test('a reset is written every time', async () => {
  const { host, machine } = capturedHost()
  const change = { change: 'resetFunction', fn: vf1, pf } as const

  await host.apply(change, context)
  await host.apply(change, context)

  expect(machine.writes).toEqual([`${device(VF1)}/reset "1"`, `${device(VF1)}/reset "1"`])
  expect(machine.laneCalls.map(({ key }) => key)).toEqual([PF, PF])
})

test('unbinding asks the driver that has the function', async () => {
  const { host, machine } = capturedHost()
  machine.onWrite.set('/sys/bus/pci/drivers/nvme/unbind', (fn) => unbound(machine, fn))

  const outcome = await host.apply({ change: 'unbind', fn: plain }, context)

  expect(outcome).toEqual(done(`write /sys/bus/pci/drivers/nvme/unbind "${PLAIN}"`))
})

test('a probe binds, and is verified', async () => {
  const { host, machine } = capturedHost()
  machine.onWrite.set('/sys/bus/pci/drivers_probe', (fn) => bindTo(machine, fn, 'vfio-pci'))

  const outcome = await host.apply(
    { change: 'probe', fn: vf1, expectDriver: 'vfio-pci' },
    context
  )

  expect(outcome).toEqual(done(`write /sys/bus/pci/drivers_probe "${VF1}"`))
})

test('a probe that comes to nothing is followed by a bind', async () => {
  const { host, machine } = capturedHost()
  machine.onWrite.set('/sys/bus/pci/drivers_probe', () => {
    throw new KernelError('write', '/sys/bus/pci/drivers_probe', 'EIO')
  })
  machine.onWrite.set('/sys/bus/pci/drivers/vfio-pci/bind', (fn) =>
    bindTo(machine, fn, 'vfio-pci')
  )

  const outcome = await host.apply(
    { change: 'probe', fn: vf1, expectDriver: 'vfio-pci' },
    context
  )

  expect(outcome).toEqual(done(`write /sys/bus/pci/drivers/vfio-pci/bind "${VF1}"`))
})

test('when neither binds, the errno of the bind is the cause', async () => {
  const { host, machine } = capturedHost()
  machine.onWrite.set('/sys/bus/pci/drivers/vfio-pci/bind', () => {
    throw new KernelError('write', '/sys/bus/pci/drivers/vfio-pci/bind', 'ENODEV')
  })
  const probing = host.apply(
    { change: 'probe', fn: vf1, expectDriver: 'vfio-pci' },
    context
  )

  await expect(probing).rejects.toMatchObject({
    failure: { kind: 'driver-did-not-bind', expected: 'vfio-pci', found: null },
    cause: { errno: 'ENODEV' },
  })
})

test('another driver in the way is left alone', async () => {
  const { host, machine } = capturedHost()

  const failure = await failureOf(
    host.apply({ change: 'probe', fn: plain, expectDriver: 'vfio-pci' }, context)
  )

  expect(failure).toEqual({
    kind: 'driver-did-not-bind',
    expected: 'vfio-pci',
    found: 'nvme',
  })
  expect(machine.writes).toEqual([])
})

test('nvme counts as bound when its controller is live', async () => {
  const { host, machine, clock } = capturedHost()
  machine.files.text('/sys/class/nvme/nvme1/state', 'connecting\n')
  const probing = host.apply({ change: 'probe', fn: plain, expectDriver: 'nvme' }, context)

  await clock.advance(60_000) // far beyond the deadline of a call: CAP.TO may say so
  machine.files.text('/sys/class/nvme/nvme1/state', 'live\n')
  await clock.advance(100)

  expect(await probing).toEqual(done())
})

test('a controller that does not get ready for as long as any drive may take is not live', async () => {
  const { host, machine, clock } = capturedHost()
  machine.files.text('/sys/class/nvme/nvme1/state', 'connecting\n')
  const probing = failureOf(
    host.apply({ change: 'probe', fn: plain, expectDriver: 'nvme' }, context)
  )

  await clock.advance(131_000)

  expect(await probing).toEqual({ kind: 'controller-not-live', state: 'connecting' })
})

test('a dead controller is not waited for beyond the deadline', async () => {
  const { host, machine, clock } = capturedHost()
  machine.files.text('/sys/class/nvme/nvme1/state', 'dead\n')
  const probing = failureOf(
    host.apply({ change: 'probe', fn: plain, expectDriver: 'nvme' }, context)
  )

  await clock.advance(3000)

  expect(await probing).toEqual({ kind: 'controller-not-live', state: 'dead' })
})

test('nvme that lets go of an offline VF did not bind', async () => {
  const { host, machine, clock } = capturedHost()
  machine.onWrite.set('/sys/bus/pci/drivers_probe', (fn) => bindTo(machine, fn, 'nvme'))
  const probing = failureOf(
    host.apply({ change: 'probe', fn: vf1, expectDriver: 'nvme' }, context)
  )

  await clock.advance(100)
  unbound(machine, VF1)
  await clock.advance(100)

  expect(await probing).toEqual({
    kind: 'driver-did-not-bind',
    expected: 'nvme',
    found: null,
  })
})
