import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { AdminCommand, KernelCall } from '../../src/kernel/call.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { realKernel } from '../../src/kernel/real-kernel.ts'
import { systemCall } from '../../src/kernel/system-call.ts'

/** Names a file without opening it, so that no right to it is needed. Node has no name for it. */
const O_PATH = 0o10000000

let folder: string
let kernel: Kernel

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nvirt-kernel-'))
  kernel = realKernel({ clock: systemClock, laneFolder: path.join(folder, 'lanes') })
})

afterEach(async () => {
  await kernel.close()
  rmSync(folder, { recursive: true })
})

describe('a direct call', () => {
  test('reads a whole file, however long, trailing newline and all', async () => {
    const text = `${'é'.repeat(100_000)}\n`
    writeFileSync(at('long'), text)

    expect(await kernel.call({ call: 'read', path: at('long') })).toBe(text)
  })

  test('reads the first bytes of a binary file, fewer where there are no more', async () => {
    writeFileSync(at('binary'), Buffer.from([0xff, 0, 0x80, 7]))

    const path = at('binary')
    const first = await kernel.call({ call: 'readBytes', path, length: 3 })
    const all = await kernel.call({ call: 'readBytes', path, length: 64 })

    expect([...first]).toEqual([0xff, 0, 0x80])
    expect([...all]).toEqual([0xff, 0, 0x80, 7])
  })

  test('lists names sorted, follows no link, and knows what exists', async () => {
    mkdirSync(at('dir'))
    for (const name of ['b', 'a', 'C']) writeFileSync(at(`dir/${name}`), '')
    symlinkSync('../nowhere', at('link'))

    expect(await kernel.call({ call: 'readDir', path: at('dir') })).toEqual(['C', 'a', 'b'])
    expect(await kernel.call({ call: 'readLink', path: at('link') })).toBe('../nowhere')
    expect(await kernel.call({ call: 'exists', path: at('dir/a') })).toBe(true)
    expect(await kernel.call({ call: 'exists', path: at('link') })).toBe(false)
  })

  test.for([
    { call: 'read', path: '/nowhere/x', errno: 'ENOENT' },
    { call: 'read', path: '/proc', errno: 'EISDIR' },
    { call: 'readDir', path: '/proc/version', errno: 'ENOTDIR' },
    { call: 'readLink', path: '/proc/version', errno: 'EINVAL' },
  ] as const)('$call of $path fails with $errno', async ({ errno, ...call }) => {
    const failure = await kernel.call(call).catch((cause: unknown) => cause)

    expect(failure).toMatchObject({ name: 'KernelError', ...call, errno })
  })

  test.for<KernelCall>([
    { call: 'write', path: '/sys/x', text: '1' },
    { call: 'read', path: '/sys/bus/pci/devices/0000:01:00.0/driver_override' },
    { call: 'read', path: '/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs' },
    { call: 'readBytes', path: '/sys/bus/pci/devices/0000:01:00.0/config', length: 64 },
    { call: 'admin', device: '/dev/nvme0', command: { opcode: 6 } },
    { call: 'openExclusive', path: '/dev/nvme0n1' },
    { call: 'holdDisk', path: '/dev/nvme0n1' },
    { call: 'readBlocks', path: '/dev/nvme0n1', offset: 0, length: 512 },
    { call: 'writeZeroes', path: '/dev/nvme0n1', offset: 0, length: 512 },
    { call: 'vfioGroupStatus', path: '/dev/vfio/9' },
  ])('$call that may block is refused as a bug', async (call) => {
    await expect(kernel.call(call)).rejects.toThrow('belongs in a lane')
  })

  test.for(['sriov_totalvfs', 'sriov_offset', 'sriov_drivers_autoprobe', 'reset_method'])(
    '%s takes no lock, and needs no lane',
    async (attribute) => {
      const path = `/sys/bus/pci/devices/ffff:00:00.0/${attribute}`

      await expect(kernel.call({ call: 'read', path })).rejects.toMatchObject({
        errno: 'ENOENT',
      })
    }
  )

  test('finds who has a file open', async () => {
    writeFileSync(at('held'), '')
    const fd = openSync(at('held'), 'r')

    const holders = await kernel.call({ call: 'holders', path: at('held') })
    closeSync(fd)
    const after = await kernel.call({ call: 'holders', path: at('held') })

    const command = readFileSync('/proc/self/comm', 'utf8').trim()
    expect(holders).toEqual([{ pid: process.pid, command }])
    expect(after).toEqual([])
  })
})

describe('who has files open', () => {
  test('is found for several files in one look', async () => {
    writeFileSync(at('open'), '')
    const fd = openSync(at('open'), 'r')

    const path = at('missing')
    const holders = await kernel.call({ call: 'holders', path, others: [at('open')] })
    closeSync(fd)

    expect(holders).toMatchObject([{ pid: process.pid }])
  })

  test('is found for a device that was opened under another name', async () => {
    const asked = { call: 'holders', path: '/dev/ptmx', others: [at('missing')] } as const
    const fd = openSync('/dev/pts/ptmx', O_PATH)

    const holders = await kernel.call(asked)
    closeSync(fd)
    const after = await kernel.call(asked)

    const own = expect.objectContaining({ pid: process.pid, paths: ['/dev/ptmx'] })
    expect(holders).toContainEqual(own)
    expect(after).not.toContainEqual(own)
  })

  test('is found by name for what is no device, in a folder of that name as well', async () => {
    mkdirSync(at('dev'))
    writeFileSync(at('dev/file'), '')
    const fd = openSync(at('dev/file'), 'r')

    const holders = await kernel.call({ call: 'holders', path: at('dev/file') })
    closeSync(fd)

    expect(holders).toMatchObject([{ pid: process.pid }])
  })

  test('tells a lane of nvirt’s from others', async () => {
    const path = at('lane.0.call')
    await kernel.lane('holding').call({ call: 'exists', path }, { deadlineMs: 10_000 })
    const files = readdirSync(at('lanes')).map((name) => at(`lanes/${name}`))

    const [first = '', ...others] = files
    const holders = await kernel.call({ call: 'holders', path: first, others })

    expect(holders).toContainEqual(
      expect.objectContaining({ command: 'nvirt-lane hold', ours: true })
    )
  })
})

describe('a write', () => {
  test('neither creates nor truncates', () => {
    writeFileSync(at('attribute'), 'previous')

    systemCall({ call: 'write', path: at('attribute'), text: 'new' })

    expect(readFileSync(at('attribute'), 'utf8')).toBe('newvious')
    expect(() => systemCall({ call: 'write', path: at('missing'), text: '1' })).toThrow(
      expect.objectContaining({ call: 'write', path: at('missing'), errno: 'ENOENT' })
    )
  })

  test('to a directory is EISDIR', () => {
    expect(() => systemCall({ call: 'write', path: folder, text: '1' })).toThrow(
      expect.objectContaining({ errno: 'EISDIR' })
    )
  })
})

describe('an admin command', () => {
  const identify: AdminCommand = { opcode: 0x06, cdw10: 1, dataInLength: 4096 }

  test.for([
    { why: 'not a controller device', device: '/dev/nvme0n1', command: identify },
    { why: 'not a controller device', device: '/dev/../dev/nvme0', command: identify },
    { why: 'not an opcode', device: '/dev/nvme0', command: { opcode: 0x84, nsid: 1 } },
    { why: 'not of one namespace', device: '/dev/nvme0', command: { opcode: 0x80 } },
    {
      why: 'not of one namespace',
      device: '/dev/nvme0',
      command: { opcode: 0x80, nsid: 0xffffffff },
    },
    { why: 'not an opcode', device: '/dev/nvme0', command: { opcode: 0x10 } },
    {
      why: 'not of one namespace',
      device: '/dev/nvme0',
      command: { opcode: 0x0d, cdw10: 1, nsid: 0xffffffff },
    },
    {
      why: 'both directions',
      device: '/dev/nvme0',
      command: { ...identify, dataOut: new Uint8Array(4096) },
    },
    {
      why: 'not 4096 bytes',
      device: '/dev/nvme0',
      command: { opcode: 0x15, dataOut: new Uint8Array(4) },
    },
    {
      why: 'bad length',
      device: '/dev/nvme0',
      command: { ...identify, dataInLength: 4095 },
    },
  ])('is a bug when it has or is: $why', ({ why, device, command }) => {
    const attempt = () => systemCall({ call: 'admin', device, command })

    expect(attempt).toThrow(why)
    expect(attempt).not.toThrow(expect.objectContaining({ name: 'KernelError' }))
  })

  test('to a controller that is not there is ENOENT', () => {
    expect(() =>
      systemCall({ call: 'admin', device: '/dev/nvme9999', command: identify })
    ).toThrow(expect.objectContaining({ call: 'admin', errno: 'ENOENT' }))
  })
})

test('an exclusive open of a file that nobody holds succeeds', () => {
  writeFileSync(at('disk'), '')

  expect(systemCall({ call: 'openExclusive', path: at('disk') })).toBeNull()
})

test('nothing but a disk of a namespace is ever held, and nothing unheld is written', () => {
  writeFileSync(at('disk'), '')
  const held = () => systemCall({ call: 'holdDisk', path: at('disk') })
  const written = () =>
    systemCall({ call: 'writeZeroes', path: at('disk'), offset: 0, length: 512 })

  expect(held).toThrow('no disk of a namespace')
  expect(written).toThrow(expect.objectContaining({ name: 'KernelError', errno: 'EBADF' }))
  expect(readFileSync(at('disk'))).toHaveLength(0)
})

test('a VFIO group of no group is ENOTTY', () => {
  expect(() => systemCall({ call: 'vfioGroupStatus', path: '/dev/null' })).toThrow(
    expect.objectContaining({ call: 'vfioGroupStatus', errno: 'ENOTTY' })
  )
})

function at(name: string): string {
  return path.join(folder, name)
}
