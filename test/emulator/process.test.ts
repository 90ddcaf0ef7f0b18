/** The emulator as a process of its own: clients come and are killed, it is killed itself, the machine stays what it is. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { remoteMachine, remoteMachines } from '../../src/emulator/process/remote-machine.ts'
import type { RemoteMachine } from '../../src/emulator/process/remote-machine.ts'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import type { KernelCall } from '../../src/kernel/call.ts'
import type { Uevent } from '../../src/kernel/kernel.ts'
import { eventually } from '../support/eventually.ts'
import { PF } from './machine-calls.ts'

/** Starting the process takes seconds, so that each test has a machine of its own in the same one. */
const HOSTS = [
  'socket',
  'killed-client',
  'uevents',
  'guest',
  'drills',
  'killed-emulator',
] as const
type Host = (typeof HOSTS)[number]
const SERVE = path.resolve(import.meta.dirname, '../../src/emulator/serve.ts')
/** Several processes may be starting on two cores. */
const STARTING_MS = 60_000
const DEADLINE = { deadlineMs: 5_000 }

let folder: string
let socketPath: string
let emulator: ChildProcess | undefined
const clients: RemoteMachine[] = []

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nvirt-emulator-'))
  socketPath = path.join(folder, 'emulator.sock')
  const hosts = HOSTS.map((name) => ({ ...labLikeHost(), name }))
  await writeFile(path.join(folder, 'fleet.json'), JSON.stringify({ hosts }))
  emulator = await started()
}, STARTING_MS)

afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())))

afterAll(async () => {
  await killed('SIGTERM')
  await rm(folder, { recursive: true })
}, STARTING_MS)

function arguments_(): readonly string[] {
  const fleet = path.join(folder, 'fleet.json')
  const journals = path.join(folder, 'journals')
  return [
    '--import',
    'tsx',
    SERVE,
    '--socket',
    socketPath,
    '--journals',
    journals,
    '--fleet',
    fleet,
  ]
}

async function started(): Promise<ChildProcess> {
  const child = spawn(process.execPath, arguments_(), {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  expect(line.toString()).toBe(`emulator: ${HOSTS.length} machines on ${socketPath}\n`)
  return child
}

async function killed(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const child = emulator
  emulator = undefined
  if (!child) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

function client(host: Host): RemoteMachine {
  const machine = remoteMachine(socketPath, host, systemClock)
  clients.push(machine)
  return machine
}

async function write(machine: RemoteMachine, file: string, text: string): Promise<string> {
  try {
    const call = { call: 'write', path: file, text } as const
    const answer = await machine.kernel.lane('pf').call(call, DEADLINE)
    return answer.done ? 'ok' : 'blocked'
  } catch (error) {
    if (error instanceof KernelError) return error.errno
    throw error
  }
}

const AUTOPROBE = `${PF}/sriov_drivers_autoprobe`
const OFF: KernelCall = { call: 'write', path: AUTOPROBE, text: '0' }

test('a kernel on the other side of a socket: reads, writes, commands, errnos', async () => {
  const machines = await remoteMachines(socketPath, systemClock)
  clients.push(...machines)
  const [machine] = machines
  if (!machine) throw new Error('no machine is served')
  const { kernel } = machine

  const names = await kernel.call({ call: 'readDir', path: '/sys/class/nvme' })
  const said = [
    await write(machine, `${PF}/sriov_numvfs`, '9'),
    await write(machine, AUTOPROBE, '0'),
    await write(machine, `${PF}/sriov_numvfs`, '2'),
  ]
  const identify = { opcode: 0x06, cdw10: 0x01, dataInLength: 4096 }
  const answer = await kernel
    .lane('pf')
    .call({ call: 'admin', device: '/dev/nvme0', command: identify }, DEADLINE)

  expect(names).toEqual(['nvme0', 'nvme1'])
  expect(said).toEqual(['ERANGE', 'ok', 'ok'])
  const data = answer.done ? Buffer.from(answer.answer.data) : Buffer.alloc(0)
  expect(data.toString('latin1', 4, 7)).toBe('PF0')
  expect((await machine.snapshot()).primaries['0000:01:00.0']?.vfCount).toBe(2)
  expect((await machine.transcript()).length).toBe(3)
  await expect(kernel.call({ call: 'read', path: '/sys/none' })).rejects.toThrow('ENOENT')
  await expect(
    kernel.call({ call: 'read', path: `${PF}/sriov_numvfs` }),
    'belongs in a lane'
  ).rejects.toThrow('may block')
})

test('a call of a client that was killed goes on, is inherited by the next, and takes effect', async () => {
  const first = client('killed-client')
  const other = client('killed-client')
  await first.faults.add({
    match: { path: AUTOPROBE },
    times: 1,
    kind: { fault: 'never-returns' },
  })
  const cut = first.kernel.lane('pf').call(OFF, DEADLINE)
  cut.catch(() => {})
  await eventually('the call hangs', async () => (await other.faults.hanging())[0])
  const whileAlive = await other.kernel.lane('pf').blockedBy()

  await first.close()
  const lane = other.kernel.lane('pf')
  const inherited = await eventually('it is inherited', () => lane.blockedBy())
  const refused = await lane.call(OFF, DEADLINE)
  const elsewhere = await other.kernel
    .lane('bus')
    .call({ call: 'read', path: AUTOPROBE }, DEADLINE)
  await other.faults.release('with-effect')
  await eventually(
    'the lane is free',
    async () => (await lane.blockedBy()) === undefined || undefined
  )

  expect(whileAlive, 'its own client still waits').toBeUndefined()
  expect(inherited).toMatchObject({ call: OFF, lanePid: undefined })
  expect(refused).toMatchObject({ done: false, blocked: { call: OFF } })
  expect(elsewhere).toEqual({ done: true, answer: '1\n' })
  expect((await other.snapshot()).primaries['0000:01:00.0']?.autoprobe).toBe(false)
  expect((await other.transcript()).length, 'it was not repeated').toBe(1)
  await expect(cut).rejects.toThrow('EIO')
})

test(
  'the machine is the same after its emulator was killed, and clients find it again',
  async () => {
    const machine = client('killed-emulator')
    const bootId = { call: 'read', path: '/proc/sys/kernel/random/boot_id' } as const
    const counters = await machine.kernel.openCounters([
      { kind: 'interrupts', names: ['nvme0q1'] },
    ])
    await write(machine, AUTOPROBE, '0')
    await write(machine, `${PF}/sriov_numvfs`, '3')
    await counters.read()
    const before = [await machine.snapshot(), await machine.kernel.call(bootId)]
    const counted = counters.values[0] ?? NaN

    await killed('SIGKILL')
    await counters.read()
    const away = counters.values[0]
    const refused = await write(machine, AUTOPROBE, '1')
    emulator = await started()
    await counters.read()

    expect(away).toBeNaN()
    expect(refused).toBe('EIO')
    expect([await machine.snapshot(), await machine.kernel.call(bootId)]).toEqual(before)
    expect(counters.values[0]).toBeGreaterThanOrEqual(counted)
  },
  STARTING_MS
)

test('uevents come over the socket, until nobody listens', async () => {
  const machine = client('uevents')
  const heard: Uevent[] = []
  const stop = await machine.kernel.watchUevents((uevent) => heard.push(uevent))

  await write(machine, AUTOPROBE, '0')
  await write(machine, `${PF}/sriov_numvfs`, '1')
  const actions = await eventually('three uevents', () =>
    heard.length >= 3
      ? heard.map(({ action, devpath }) => `${action} ${devpath.slice(-12)}`)
      : undefined
  )
  await stop()
  await write(machine, `${PF}/sriov_numvfs`, '0')

  expect(actions).toEqual([
    'add 0000:01:00.1',
    'change 0000:01:00.1',
    'change 0000:01:00.0',
  ])
  expect(heard.length).toBe(3)
})

test('a guest and a mount outlive the client that made them', async () => {
  const maker = client('guest')
  const plain = '/sys/bus/pci/devices/0000:02:00.0'
  await maker.mount('nvme0n1', '/srv/x y')
  await write(maker, `${plain}/driver_override`, 'vfio-pci')
  await write(maker, '/sys/bus/pci/drivers/nvme/unbind', '0000:02:00.0')
  await write(maker, '/sys/bus/pci/drivers_probe', '0000:02:00.0')
  const letGo = await maker.holdVfioGroup(8, 'qemu')
  const watcher = client('guest')
  const holders = () => watcher.kernel.call({ call: 'holders', path: '/dev/vfio/8' })

  await maker.close()
  const during = await holders()
  const mounts = await watcher.kernel.call({ call: 'read', path: '/proc/1/mountinfo' })
  await letGo()

  expect(during).toMatchObject([{ command: 'qemu' }])
  expect(mounts).toContain(' 259:1 / /srv/x\\040y ')
  expect(await holders()).toEqual([])
  await expect(watcher.holdVfioGroup(7, 'qemu')).rejects.toThrow('ENOENT')
})

test('drills go over the socket: armed, seen by others, taken back; events happen', async () => {
  const maker = client('drills')
  const other = client('drills')
  const plain = '0000:02:00.0'
  const heard: Uevent[] = []
  await other.kernel.watchUevents((uevent) => heard.push(uevent))

  const fault = {
    match: { address: plain },
    kind: { fault: 'errno', errno: 'EIO' },
  } as const
  const { id } = await maker.drills.arm(fault)
  const override = `/sys/bus/pci/devices/${plain}/driver_override`
  const spoiled = await write(other, override, 'none')
  const armed = await other.drills.armed()
  await other.drills.takeBack(id, 'without-effect')
  const unspoiled = await write(other, override, 'none')
  const pulled = await maker.drills.fire({ event: 'surprise-removal', address: plain })
  const again = await maker.drills.fire({ event: 'surprise-removal', address: plain })
  const rebooted = await maker.drills.fire({ event: 'reboot' })
  await eventually('it is told', () => heard.find(({ action }) => action === 'lost'))

  expect([spoiled, unspoiled]).toEqual(['EIO', 'ok'])
  expect(armed).toEqual([{ id, fault, struck: 1, hanging: 0, usedUp: false }])
  expect(await maker.drills.takeBack(id, 'without-effect')).toBeUndefined()
  expect(pulled).toEqual({ fired: true })
  expect(again).toEqual({ fired: false, state: 'absent', from: 'physical' })
  expect(rebooted).toEqual({ fired: true })
  expect(Object.keys((await other.snapshot()).functions)).toEqual(['0000:01:00.0'])
})

test(
  'one emulator at a time on a socket',
  async () => {
    const second = spawn(process.execPath, arguments_(), {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [said] = (await once(second.stderr, 'data')) as [Buffer]
    const [code] = (await once(second, 'exit')) as [number]
    const machines = (await remoteMachines(socketPath, systemClock)).map(({ name }) => name)

    expect(said.toString()).toContain('another emulator serves on')
    expect(code).toBe(1)
    expect(machines).toEqual([...HOSTS])
  },
  STARTING_MS
)
