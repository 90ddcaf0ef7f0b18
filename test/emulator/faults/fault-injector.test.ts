/** Faults strike before any effect, are seen in the transcript as attempts, and stop when they are used up or taken back. */
import { expect, test } from 'vitest'
import { parseFleet } from '../../../src/emulator/fleet-file.ts'
import { bootOf } from '../../../src/emulator/identity.ts'
import { labLikeHost } from '../../../src/emulator/lab-like-host.ts'
import {
  begunWrite,
  DEVICES,
  DRIVERS,
  labMachine,
  okOrErrno,
  PF,
  testMachine,
} from '../machine-calls.ts'

const AUTOPROBE = `${PF}/sriov_drivers_autoprobe`
const isAutoprobe = { call: 'write', path: AUTOPROBE } as const
const isVirt = { opcode: 0x1c }

test('an errno comes without effect, as often as it may, after those to let pass', async () => {
  const machine = await labMachine()
  machine.machine.faults.add({
    match: isAutoprobe,
    skip: 1,
    times: 2,
    kind: { fault: 'errno', errno: 'EIO' },
  })

  const said = []
  for (const text of ['0', '1', '1', '1']) said.push(await machine.write(AUTOPROBE, text))
  said.push(await machine.read(AUTOPROBE))

  expect(said).toEqual(['ok', 'EIO', 'EIO', 'ok', '1\n'])
  expect(machine.machine.transcript.length, 'failed attempts too').toBe(4)
})

test('a status spoils admin commands', async () => {
  const machine = await labMachine()
  const takeBack = machine.machine.faults.add({
    match: isVirt,
    kind: { fault: 'status', status: 0x4006 },
  })

  const spoiled = await machine.virt(8, 1, 0, 4)
  takeBack()
  const after = machine.machine.snapshot().primaries['0000:01:00.0']?.secondaries[0]?.vq

  expect(spoiled).toBe('0x4006')
  expect(after).toBe(0)
  expect(await machine.virt(8, 1, 0, 4)).toBe('0x0')
})

test('an NVMe status with effect is answered when the effect has been there for a while', async () => {
  const machine = await labMachine()
  const kind = { fault: 'status-with-effect', status: 0x4006, ms: 1_000 } as const
  machine.machine.faults.add({ match: isVirt, times: 1, kind })
  const vq = () => machine.machine.snapshot().primaries['0000:01:00.0']?.secondaries[0]?.vq

  const answer = machine.virt(8, 1, 0, 4)
  await machine.clock.advance(0)
  const meanwhile = vq()
  await machine.clock.advance(1_000)

  expect(meanwhile).toBe(4)
  expect(await answer).toBe('0x4006')
})

test('without effect looks like success', async () => {
  const machine = await labMachine()
  const before = machine.machine.snapshot()
  machine.machine.faults.add({ match: {}, kind: { fault: 'without-effect' } })

  const write = await machine.write(AUTOPROBE, '0')
  const sent = { opcode: 0x1c, cdw10: 0x10008, cdw11: 4 }
  const command = await machine.admin('/dev/nvme0', sent)

  expect(write).toBe('ok')
  expect([command.status, command.result]).toEqual([0, 4])
  expect(machine.machine.snapshot()).toEqual(before)
})

const RELEASES = [
  ['with-effect', 'ok', '0\n'],
  ['without-effect', 'EINTR', '1\n'],
] as const

test.for(RELEASES)(
  'a call that never returns is reported by its lane, and comes back %s',
  async ([how, said, left]) => {
    const machine = await labMachine()
    machine.machine.faults.add({
      match: isAutoprobe,
      times: 1,
      kind: { fault: 'never-returns' },
    })
    const call = { call: 'write', path: AUTOPROBE, text: '0' } as const
    const lane = machine.machine.kernel.lane('a')

    const first = lane.call(call, { deadlineMs: 500 })
    await machine.clock.advance(501)
    const blocked = await first
    const behind = await lane.call(call, { deadlineMs: 500 })
    const hanging = machine.machine.faults.hanging()
    const before = await machine.read(AUTOPROBE)
    machine.machine.faults.release(how)
    await machine.clock.advance(1)

    expect(blocked).toMatchObject({ done: false, blocked: { call } })
    expect(behind).toMatchObject({ done: false, blocked: { call } })
    expect(hanging).toEqual([call])
    expect(before).toBe('1\n')
    expect(await machine.read(AUTOPROBE)).toBe(left)
    expect(machine.machine.faults.hanging()).toEqual([])
    expect(await lane.blockedBy(), said).toBeUndefined()
  }
)

test('a call that comes back within its deadline says how', async () => {
  const machine = await labMachine()
  machine.machine.faults.add({ match: isAutoprobe, kind: { fault: 'never-returns' } })

  const interrupted = machine.write(AUTOPROBE, '0')
  await machine.clock.advance(1)
  machine.machine.faults.release('without-effect')

  expect(await interrupted).toBe('EINTR')
})

test('every call takes as long as it is told to', async () => {
  const machine = await labMachine({ callLatencyMs: 40 })

  const write = machine.write(AUTOPROBE, '0')
  await machine.clock.advance(39)
  const early = machine.machine.transcript.length
  await machine.clock.advance(1)

  expect(await write).toBe('ok')
  expect([early, machine.machine.transcript.length]).toEqual([0, 1])
})

test('the transcript holds control calls only, in order', async () => {
  const machine = await labMachine()

  await machine.read(AUTOPROBE)
  await machine.write(AUTOPROBE, '0')
  await machine.admin('/dev/nvme0', { opcode: 0x06, cdw10: 1, dataInLength: 4096 })
  await machine.virt(7, 1)
  await machine.write(`${PF}/vendor`, '1')

  expect(machine.machine.transcript.map((call) => call.call)).toEqual([
    'write',
    'admin',
    'write',
  ])
})

test('a slow call begins late, and is refused or done as it would have been', async () => {
  const machine = await labMachine()
  machine.machine.faults.add({ match: isAutoprobe, kind: { fault: 'slow', ms: 3_000 } })

  const good = await begunWrite(machine, AUTOPROBE, '0')
  const bad = await begunWrite(machine, AUTOPROBE, '2')
  await machine.clock.advance(2_999)
  const early = [good.said(), bad.said(), await machine.read(AUTOPROBE)]
  await machine.clock.advance(1)

  expect(early).toEqual([undefined, undefined, '1\n'])
  expect([good.said(), bad.said()]).toEqual(['ok', 'EINVAL'])
  expect(await machine.read(AUTOPROBE)).toBe('0\n')
})

test('a fault by chance strikes the same calls for the same seed', async () => {
  const struckBy = async (seed: number) => {
    const machine = await labMachine()
    const kind = { fault: 'errno', errno: 'EIO' } as const
    machine.machine.faults.add({ match: isAutoprobe, chance: 0.5, seed, kind })
    const said: string[] = []
    for (let i = 0; i < 40; i++) said.push(await machine.write(AUTOPROBE, '0'))
    return said
  }

  const first = await struckBy(1)

  expect(await struckBy(1)).toEqual(first)
  expect(await struckBy(2)).not.toEqual(first)
  const struck = first.filter((said) => said === 'EIO').length
  expect(struck).toBeGreaterThan(10)
  expect(struck).toBeLessThan(30)
})

const EIO = { fault: 'errno', errno: 'EIO' } as const

test('a fault that names a function meets its files, writes that name it, and its nvmeX', async () => {
  const machine = await labMachine()
  const plain = '0000:02:00.0'
  machine.machine.faults.add({ match: { address: plain }, kind: EIO })
  const identify = { opcode: 0x06, cdw10: 1, dataInLength: 4096 }
  const status = (device: string) => okOrErrno(machine.admin(device, identify))

  const said = [
    await machine.write(`${DEVICES}/${plain}/driver_override`, 'none'),
    await machine.write('/sys/bus/pci/drivers_probe', `${plain}\n`),
    await status('/dev/nvme1'),
    await okOrErrno(machine.read('/sys/block/nvme1n1/size')),
  ]
  const others = [
    await machine.write(`${PF}/driver_override`, 'none'),
    await status('/dev/nvme0'),
    await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.0'),
  ]

  expect(said).toEqual(['EIO', 'EIO', 'EIO', 'EIO'])
  expect(others).toEqual(['ok', 'ok', 'ok'])
})

const GLOBS = [
  ['**/sriov_drivers_autoprobe', true],
  ['/sys/bus/pci/devices/*/sriov_drivers_autoprobe', true],
  ['/sys/**', true],
  ['/sys/bus/pci/devices/0000:0?:00.0/sriov_*', true],
  ['sriov_drivers_autoprobe', false],
  ['/sys/*/sriov_drivers_autoprobe', false],
  ['/sys/bus/pci/devices/0000:02:00.0/*', false],
  ['/sys/bus/pci/devices/0000:01:00?0/sriov_drivers_autoprob.', false],
] as const

test.for(GLOBS)('the glob %s matches the whole path or not: %s', async ([path, meets]) => {
  const machine = await labMachine()
  machine.machine.faults.add({ match: { path }, kind: EIO })

  expect(await machine.write(AUTOPROBE, '0')).toBe(meets ? 'EIO' : 'ok')
})

test('the first fault that is due spoils the call, and the others count it too', async () => {
  const machine = await labMachine()
  const { faults } = machine.machine
  faults.add({ match: isAutoprobe, times: 1, kind: { fault: 'errno', errno: 'ENODEV' } })
  faults.add({ match: isAutoprobe, skip: 1, times: 1, kind: EIO })

  const said = []
  for (let i = 0; i < 3; i++) said.push(await machine.write(AUTOPROBE, '0'))

  expect(said).toEqual(['ENODEV', 'EIO', 'ok'])
})

test('what is armed can be seen, with what it did; taken back, its calls come back', async () => {
  const machine = await labMachine()
  const { drills } = machine.machine
  const fault = { match: isAutoprobe, times: 1, kind: { fault: 'never-returns' } } as const
  const { id } = await drills.arm(fault)

  const hanging = await begunWrite(machine, AUTOPROBE, '0')
  const armed = await drills.armed()
  const taken = await drills.takeBack(id, 'with-effect')
  await machine.clock.advance(1)

  expect(armed).toEqual([{ id, fault, struck: 1, hanging: 1, usedUp: true }])
  expect(taken).toEqual({ id, fault, struck: 1, hanging: 0, usedUp: true })
  expect(hanging.said()).toBe('ok')
  expect(await drills.armed()).toEqual([])
  expect(await drills.takeBack(id, 'with-effect')).toBeUndefined()
})

test('a machine file’s faults are armed when it is switched on, and make it no other machine', async () => {
  const file = (faults: readonly unknown[]) => {
    const { hosts } = parseFleet(
      JSON.stringify({ hosts: [{ ...labLikeHost(), faults }] }),
      'fleet.yaml'
    )
    const [host] = hosts
    if (!host) throw new Error('the file has a host')
    return host
  }
  const faulty = file([
    { match: { path: '**/drivers_probe' }, kind: { fault: 'without-effect' } },
  ])

  const machine = await testMachine(faulty)
  await machine.write(`${DRIVERS}/nvme/unbind`, '0000:02:00.0')
  const probed = await machine.write('/sys/bus/pci/drivers_probe', '0000:02:00.0')

  expect(probed, 'a probe that succeeds without a driver').toBe('ok')
  expect(await machine.exists(`${DEVICES}/0000:02:00.0/driver`)).toBe(false)
  expect(bootOf(faulty, 1, 0)).toEqual(bootOf(file([]), 1, 0))
})

test.for([
  [{ match: {}, kind: { fault: 'sleepy' } }, 'hosts[0].faults[0].kind.fault'],
  [{ match: { call: 'seek' }, kind: EIO }, 'hosts[0].faults[0].match.call'],
  [{ match: {}, kind: { ...EIO, errno: 'eio' } }, 'hosts[0].faults[0].kind.errno'],
  [{ match: {}, times: 0, kind: EIO }, 'hosts[0].faults[0].times'],
  [{ match: {}, chance: 2, kind: EIO }, 'hosts[0].faults[0].chance'],
] as const)('a machine file with the fault %j is refused by %s', ([fault, field]) => {
  const text = JSON.stringify({ hosts: [{ ...labLikeHost(), faults: [fault] }] })

  expect(() => parseFleet(text, 'fleet.yaml')).toThrow(field)
})
