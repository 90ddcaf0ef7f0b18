import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { KernelCall } from '../../src/kernel/call.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { realKernel } from '../../src/kernel/real-kernel.ts'
import { toLine } from '../../src/kernel/wire.ts'
import { eventually } from '../support/eventually.ts'
import { fakeClock } from '../support/fake-clock.ts'

/** Real processes and real files; a FIFO without a reader is a write that hangs in the kernel. */
let folder: string
let kernel: Kernel
const started: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nvirt-lane-'))
  kernel = startKernel()
  writeFileSync(at('attribute'), '')
  execFileSync('mkfifo', [at('fifo')])
})

afterEach(async () => {
  letWritersGo()
  await kernel.close()
  for (const child of started.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

const soon = { deadlineMs: 10_000 }
const atOnce = { deadlineMs: 50 }

test('a lane’s process writes, reads, and passes errnos on', async () => {
  const lane = kernel.lane('0000:01:00.0')

  const written = await lane.call(write('attribute', '12\n'), soon)
  const read = await lane.call({ call: 'read', path: at('attribute') }, soon)
  const failed = lane.call(write('missing', '1'), soon)

  expect(written).toEqual({ done: true, answer: null })
  expect(read).toEqual({ done: true, answer: '12\n' })
  await expect(failed).rejects.toMatchObject({ name: 'KernelError', errno: 'ENOENT' })
})

test('bytes come through a lane as they are', async () => {
  const bytes = Buffer.from(Array.from({ length: 4096 }, (_, n) => n % 256))
  writeFileSync(at('attribute'), bytes)

  const call = { call: 'readBytes', path: at('attribute'), length: 4096 } as const
  const read = await kernel.lane('bus').call(call, soon)

  expect(read.done && Buffer.from(read.answer).equals(bytes)).toBe(true)
})

test('a refused command comes back as the bug that it is', async () => {
  const call = { call: 'admin', device: '/dev/nvme0', command: { opcode: 0x84 } } as const

  const refused = await kernel
    .lane('bus')
    .call(call, soon)
    .catch((cause: unknown) => cause)

  expect(refused).toMatchObject({ name: 'Error' })
  expect(String(refused)).toContain('not an opcode')
})

test('a key that could leave the lane folder is refused', () => {
  expect(() => kernel.lane('../x')).toThrow('not a lane key')
  expect(() => kernel.lane('')).toThrow('not a lane key')
})

describe('while a call hangs', () => {
  test('it is reported with its process, other lanes work, and it ends well', async () => {
    const lane = kernel.lane('0000:01:00.0')
    await lane.call({ call: 'exists', path: '/' }, soon)

    const hanging = await lane.call(write('fifo', 'late'), atOnce)
    const behind = await lane.call(write('attribute', '1'), soon)
    const other = await kernel.lane('0000:02:00.0').call(write('attribute', '2'), soon)

    expect(hanging).toMatchObject({ done: false, blocked: { call: write('fifo', 'late') } })
    expect(behind).toEqual(hanging)
    expect(other).toEqual({ done: true, answer: null })
    const pid = (await lane.blockedBy())?.lanePid
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('nvirt-lane 0000\n')

    expect(readFifo()).toBe('late')
    await eventually(
      'the lane is free',
      async () => (await lane.blockedBy()) === undefined || undefined
    )
    expect(await lane.call({ call: 'read', path: at('attribute') }, soon)).toEqual({
      done: true,
      answer: '2',
    })
  })

  test('and its service is killed, the next one reports it, does not write, and goes on when it ends', async () => {
    const service = await startService(write('fifo', 'once'))
    service.kill('SIGKILL')
    await eventually('the service is gone', () => service.signalCode ?? undefined)

    const lane = kernel.lane('bus')
    const blocked = await lane.blockedBy()
    const again = await lane.call(write('fifo', 'twice'), soon)

    expect(blocked).toMatchObject({ call: write('fifo', 'once') })
    expect(again).toEqual({ done: false, blocked })
    expect(readFileSync(`/proc/${blocked?.lanePid}/stat`, 'utf8')).toContain('nvirt-lane')

    expect(readFifo()).toBe('once')
    await eventually(
      'the lane is free',
      async () => (await lane.blockedBy()) === undefined || undefined
    )
    const after = await lane.call(write('attribute', 'after'), soon)
    expect(after).toEqual({ done: true, answer: null })
  })
})

test('a service that closes its kernel ends, whatever hangs', async () => {
  const service = await startService(write('fifo', 'late'))

  service.kill('SIGTERM')

  expect(await eventually('it ends', () => service.exitCode ?? undefined)).toBe(0)
  expect(await kernel.lane('bus').blockedBy()).toMatchObject({
    call: write('fifo', 'late'),
  })
  expect(readFifo()).toBe('late')
})

test('an idle lane of a killed service goes by itself, and is not taken for a hanging one', async () => {
  const service = await startService({ call: 'exists', path: '/' })
  service.kill('SIGKILL')

  const written = await kernel.lane('bus').call(write('attribute', '1'), soon)

  expect(written).toEqual({ done: true, answer: null })
})

test('a lane’s process that is killed in a call fails that call with EINTR, and the next call starts another', async () => {
  const lane = kernel.lane('bus')
  await lane.call({ call: 'exists', path: '/' }, soon)
  const hanging = lane.call(write('fifo', 'never'), soon)
  hanging.catch(() => {})
  const pid = await eventually('the call is recorded', recordedPid)

  process.kill(pid, 'SIGKILL')

  await expect(hanging).rejects.toMatchObject({ errno: 'EINTR' })
  expect(await lane.call(write('attribute', '1'), soon)).toEqual({
    done: true,
    answer: null,
  })
})

test('a lane whose process cannot start, or does not within a minute, fails its call and not the next', async () => {
  const clock = fakeClock()
  const start = (...nodeArguments: readonly string[]) =>
    realKernel({ clock, laneFolder: at('lanes'), nodeArguments })
  writeFileSync(
    at('hangs.cjs'),
    `require('node:fs').openSync(${JSON.stringify(at('fifo'))}, 'w')`
  )
  const call = { call: 'exists', path: '/' } as const

  const bad = start('--no-such-option').lane('bus').call(call, soon)
  await expect(bad).rejects.toThrow(/did not start.*bad option/s)

  const slow = start('--require', at('hangs.cjs')).lane('bus').call(call, soon)
  slow.catch(() => {})
  await eventually('the limit is set', () => (clock.pending() > 0 ? true : undefined))
  await clock.advance(60_000)
  await expect(slow).rejects.toThrow(/did not start.*SIGKILL/s)

  expect(await kernel.lane('bus').call(call, soon)).toEqual({ done: true, answer: true })
})

test('a lane’s process has no descriptor of the service, and a session of its own', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  const own = openSync(at('attribute'), 'r')
  const lane = kernel.lane('bus')
  void lane.call(write('fifo', 'held'), soon)
  const pid = await eventually('the call is recorded', recordedPid)

  const links = readdirSync(`/proc/${pid}/fd`).map((fd) =>
    readlinkSync(`/proc/${pid}/fd/${fd}`)
  )
  const sockets = links.filter((link) => link.startsWith('socket:'))
  const files = links.filter((link) => link.startsWith(folder)).sort()

  expect(sockets).toHaveLength(3)
  expect(files).toEqual([at('lanes/bus.call'), at('lanes/bus.lock')])
  expect(sessionOf(pid)).toBe(pid)
  readFifo()
  closeSync(own)
  server.close()
})

test('a lane’s process starts no call for a service that is not its parent any more', async () => {
  const entry = path.resolve(import.meta.dirname, '../../src/kernel/lane-process.ts')
  const noParent = '1'
  const args = ['--import', 'tsx', entry, 'bus', at('record'), noParent]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  started.push(child)

  child.stdin.write(toLine({ call: write('attribute', 'too late') }))

  expect(await eventually('it ends', () => child.exitCode ?? undefined)).toBe(0)
  expect(readFileSync(at('attribute'), 'utf8')).toBe('')
})

test('closing ends idle processes and leaves a hanging one to its call', async () => {
  const own = startKernel('own')
  await own.lane('idle').call({ call: 'exists', path: '/' }, soon)
  const hanging = await own.lane('bus').call(write('fifo', 'late'), atOnce)
  const pid = hanging.done ? undefined : hanging.blocked.lanePid

  await own.close()

  expect(existsSync(`/proc/${pid}`)).toBe(true)
  await expect(own.lane('idle').call(write('attribute', '1'), soon)).rejects.toThrow(
    'closed'
  )
  expect(readFifo()).toBe('late')
  await eventually('it ends with its call', () => !existsSync(`/proc/${pid}`) || undefined)
})

function startKernel(lanes = 'lanes'): Kernel {
  return realKernel({ clock: systemClock, laneFolder: at(lanes) })
}

/** Another process with a kernel on the same lane folder, which has made the call in its lane, or hangs in it. */
async function startService(call: KernelCall): Promise<ChildProcess> {
  const script = path.resolve(import.meta.dirname, '../support/lane-service.ts')
  const args = ['--import', 'tsx', script, at('lanes'), JSON.stringify(call)]
  const service = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(service)
  let said = ''
  service.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await eventually('the service has asked', () => said.includes('asked') || undefined)
  return service
}

function recordedPid(): number | undefined {
  const file = at('lanes/bus.call')
  const record = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return record === '' ? undefined : (JSON.parse(record) as { lanePid: number }).lanePid
}

/** A test that failed must not leave a process behind that waits for a reader. */
function letWritersGo(): void {
  closeSync(openSync(at('fifo'), constants.O_RDONLY | constants.O_NONBLOCK))
}

/** Takes what a writer wants to write. */
function readFifo(): string {
  const fd = openSync(at('fifo'), constants.O_RDONLY)
  const bytes = Buffer.alloc(100)
  const length = readSync(fd, bytes)
  closeSync(fd)
  return bytes.toString('utf8', 0, length)
}

/** Field 6 of /proc/PID/stat; the name in parentheses may hold spaces. */
function sessionOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
}

function write(name: string, text: string) {
  return { call: 'write', path: at(name), text } as const
}

function at(name: string): string {
  return path.join(folder, name)
}
