import { expect, test } from 'vitest'
import type { KernelCall } from '../../src/kernel/call.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import {
  bindTo,
  capturedHost,
  context,
  pf,
  plain,
  vf1,
  vf2,
  type CapturedHost,
} from './captured-host.ts'
import { PF, VF1, VF2 } from './captured-machine.ts'

const device = (fn: string) => `/sys/bus/pci/devices/${fn}`
const isVfCount = (call: KernelCall) =>
  call.call === 'write' && call.path === `${device(PF)}/sriov_numvfs`

/** A guest holds VF 1, and `sriov_numvfs` waits for it. The returned function lets go. */
function heldByGuest({ machine }: CapturedHost): () => void {
  bindTo(machine, VF1, 'vfio-pci')
  machine.holders.set('/dev/vfio/9', [{ pid: 4711, command: 'qemu-system-x86' }])
  let letGo: () => void = () => {}
  const released = new Promise<void>((resolve) => (letGo = resolve))
  machine.before = (call) => (isVfCount(call) ? released : Promise.resolve())
  machine.onWrite.set(`${device(PF)}/sriov_numvfs`, (text) => {
    machine.files.text(`${device(PF)}/sriov_numvfs`, `${text}\n`)
    for (const [i, vf] of [VF1, VF2].entries()) {
      machine.files.remove(`${device(PF)}/virtfn${i}`)
      machine.files.remove(`/sys/devices/pci0000:00/0000:00:04.0/${vf}`)
      machine.files.remove(device(vf))
    }
  })
  return () => {
    machine.holders.clear()
    letGo()
  }
}

/** What Linux has taken away of a VF whose removal waits (drivers/pci/iov.c, pci_iov_remove_virtfn). */
function halfRemoved({ machine }: CapturedHost): void {
  machine.files.remove(`${device(PF)}/virtfn0`)
  machine.files.remove(`${device(VF1)}/physfn`)
  machine.files.remove(`${device(VF1)}/driver`)
}

const disable = { change: 'setVfCount', pf, count: 0 } as const

async function blockedRetire(world: CapturedHost) {
  const letGo = heldByGuest(world)
  const first = world.host.apply(disable, context)
  await world.clock.advance(context.deadlineMs)
  return { outcome: await first, letGo }
}

test('a write that waits for a guest is reported with its holder', async () => {
  const { outcome } = await blockedRetire(capturedHost())

  expect(outcome).toEqual({
    outcome: 'blocked',
    blocked: {
      call: `write ${device(PF)}/sriov_numvfs "0"`,
      since: '2026-01-01T00:00:00.000Z',
      holders: [{ pid: 4711, command: 'qemu-system-x86', holds: '/dev/vfio/9' }],
    },
  })
})

test('the holder is found also when the VF has already lost its links', async () => {
  const world = capturedHost()
  const letGo = heldByGuest(world)
  const first = world.host.apply(disable, context)
  await world.clock.advance(1)
  halfRemoved(world)
  await world.clock.advance(context.deadlineMs)

  expect(await first).toMatchObject({ blocked: { holders: [{ holds: '/dev/vfio/9' }] } })
  letGo()
})

test('every further change of the lane is blocked at once, and writes nothing', async () => {
  const world = capturedHost()
  await blockedRetire(world)
  const written = world.machine.writes.length

  const again = await world.host.apply(disable, context)
  const ofVf = await world.host.apply({ change: 'unbind', fn: vf2 }, context)
  const asked = await world.host.ask({ read: 'binding', fn: vf1 })

  expect([again.outcome, ofVf.outcome]).toEqual(['blocked', 'blocked'])
  expect(asked).toMatchObject({ answered: false, blocked: { holders: [{ pid: 4711 }] } })
  expect(world.machine.writes).toHaveLength(written)
})

test('other lanes go on, and what needs no lane is answered', async () => {
  const world = capturedHost()
  await blockedRetire(world)

  const other = await world.host.apply(
    { change: 'setOverride', fn: plain, driver: 'vfio-pci' },
    context
  )
  const group = await world.host.ask({ read: 'group', fn: vf1 })

  expect(other.outcome).toBe('done')
  expect(group).toMatchObject({ answered: true, answer: { group: { number: 9 } } })
})

test('a scan lists the functions of a lane that hangs, marked, and waits for none', async () => {
  const world = capturedHost()
  await world.host.scan()
  await blockedRetire(world)
  halfRemoved(world)

  const { functions, namespaces } = await world.host.scan()

  expect(functions.map(({ address, vf, binding }) => ({ address, vf, binding }))).toEqual([
    { address: pf, vf: null, binding: null },
    { address: vf1, vf: { pf, vfNumber: 1 }, binding: null },
    { address: vf2, vf: { pf, vfNumber: 2 }, binding: null },
    { address: plain, vf: null, binding: { driver: 'nvme', override: null } },
  ])
  expect(functions[0]?.blocked).toBe(
    `write ${device(PF)}/sriov_numvfs "0" has not come back since 2026-01-01T00:00:00.000Z; ` +
      'qemu-system-x86 (4711) holds /dev/vfio/9'
  )
  expect(functions[0]?.controller).toMatchObject({ serial: 'PF0', capabilities: null })
  expect(functions[1]?.blocked).toBe('the kernel is removing this virtual function')
  expect(functions[3]?.blocked).toBeNull()
  expect(namespaces.map(({ serial }) => serial)).toEqual(['PLAIN0'])
})

test('a VF that is being removed, and whose number nobody knows, is neither seen nor asked', async () => {
  const world = capturedHost()
  await blockedRetire(world)
  halfRemoved(world)
  const restarted = linuxHost(world.machine.kernel, world.clock)

  const { functions } = await restarted.scan()

  expect(functions.map(({ address }) => address)).toEqual([pf, vf2, plain])
  expect(world.machine.laneCalls.map(({ key }) => key)).not.toContain(VF1)
})

test('a VF that its primary no longer links to is known by the number that it had', async () => {
  const world = capturedHost()
  await world.host.scan()
  world.machine.files.remove(`${device(PF)}/virtfn0`)

  const { functions } = await world.host.scan()

  expect(functions[1]).toMatchObject({
    address: vf1,
    vf: { pf, vfNumber: 1 },
    blocked: 'the kernel is removing this virtual function',
  })
})

test('when the guest lets go, the change is found done', async () => {
  const world = capturedHost()
  const { letGo } = await blockedRetire(world)

  letGo()
  await world.clock.advance(1)
  const outcome = await world.host.apply(disable, context)

  expect(outcome).toEqual({ outcome: 'done', writes: [] })
  expect(world.machine.writes).toHaveLength(1)
})

test('a lane that a former service left hanging is reported, and not written to', async () => {
  const { host, machine } = capturedHost()
  bindTo(machine, VF2, 'vfio-pci')
  machine.holders.set('/dev/vfio/10', [{ pid: 1, command: 'qemu' }])
  machine.inherited.set(PF, { call: undefined, sinceMs: 0, lanePid: 99 })

  const outcome = await host.apply({ change: 'setVfCount', pf, count: 2 }, context)
  const scan = await host.scan()

  expect(outcome).toEqual({
    outcome: 'blocked',
    blocked: {
      call: `an earlier call in the lane of ${PF}`,
      since: '1970-01-01T00:00:00.000Z',
      holders: [{ pid: 1, command: 'qemu', holds: '/dev/vfio/10' }],
    },
  })
  expect(scan.functions[0]?.blocked).toContain('holds /dev/vfio/10')
  expect(machine.laneCalls.filter(({ key }) => key === PF)).toEqual([])
})

test('a command that hangs is not blamed on a guest', async () => {
  const { host, machine, clock } = capturedHost()
  bindTo(machine, VF1, 'vfio-pci')
  machine.holders.set('/dev/vfio/9', [{ pid: 4711, command: 'qemu' }])
  machine.before = (call) =>
    call.call === 'admin' ? new Promise(() => {}) : Promise.resolve()
  const applying = host.apply({ change: 'bringOnline', pf, cntlid: 1 }, context)

  await clock.advance(context.deadlineMs)

  expect(await applying).toMatchObject({
    blocked: { call: 'Identify CNS 15h through /dev/nvme0', holders: [] },
  })
})

test('a scan does not wait for a busy lane for ever, and leaves one call behind at most', async () => {
  const { host, machine, clock } = capturedHost({ scanPatienceMs: 1000 })
  let proceed: () => void = () => {}
  const slow = new Promise<void>((resolve) => (proceed = resolve))
  machine.before = (call) => (isVfCount(call) ? slow : Promise.resolve())
  const writing = host.apply(
    { change: 'setVfCount', pf, count: 0 },
    { ...context, deadlineMs: 60_000 }
  )
  await clock.advance(1)

  const first = host.scan()
  await clock.advance(1000)
  const second = await host.scan()

  expect((await first).functions[0]?.blocked).toContain('has not come back')
  expect(second.functions[0]?.blocked).toContain('has not come back')
  machine.onWrite.set(`${device(PF)}/sriov_numvfs`, () => {})
  proceed()
  await writing.catch(() => {}) // without effect, by our own doing
  expect((await host.scan()).functions[0]).toMatchObject({
    blocked: null,
    binding: { driver: 'nvme' },
  })
})
