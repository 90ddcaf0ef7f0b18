/** What commands change in a drive outlives the process that emulates it, and a refused or pretended one changes nothing. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HostDescription } from '../../../src/emulator/fleet.ts'
import { labLikeHost } from '../../../src/emulator/lab-like-host.ts'
import type { AdminCommand } from '../../../src/kernel/call.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { identify, namespaceIds, testMachine } from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'

let folder: string
const running: TestMachine[] = []

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nvirt-commands-'))
})

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ machine }) => machine.close()))
  await rm(folder, { recursive: true })
})

async function powerOn(clock = fakeClock()): Promise<TestMachine> {
  const options = { journalPath: path.join(folder, 'host.jsonl'), clock }
  const machine = await testMachine(hostWithRoom(), options)
  running.push(machine)
  return machine
}

/** The lab's SR-IOV drive as the specification has it, with room for a fifth namespace. */
function hostWithRoom(): HostDescription {
  const host = labLikeHost()
  const [drive] = host.subsystems
  if (!drive) throw new Error('the lab has a drive')
  const controllers = drive.controllers.map((one) => ({
    ...one,
    device: 'specification' as const,
  }))
  return { ...host, subsystems: [{ ...drive, controllers, capacityBytes: 2 ** 30 }] }
}

function creation(blocks: number): AdminCommand {
  const dataOut = Buffer.alloc(4096)
  dataOut.writeBigUInt64LE(BigInt(blocks), 0)
  dataOut.writeBigUInt64LE(BigInt(blocks), 8)
  return { opcode: 0x0d, cdw10: 0, dataOut }
}

const FORMAT_TO_4K: AdminCommand = { opcode: 0x80, nsid: 1, cdw10: 1 }
const DELETE_4: AdminCommand = { opcode: 0x0d, nsid: 4, cdw10: 1 }
const BLOCK_ERASE: AdminCommand = { opcode: 0x84, cdw10: 2 }
const WARM_ABOVE_320: AdminCommand = { opcode: 0x09, cdw10: 0x04, cdw11: 320 }

const to = (machine: TestMachine, command: AdminCommand) =>
  machine.admin('/dev/nvme0', command)

async function sanitizeProgress(machine: TestMachine): Promise<number> {
  const log = { opcode: 0x02, nsid: 0xffffffff, cdw10: 127 * 65536 + 0x81 }
  const { data } = await to(machine, { ...log, dataInLength: 512 })
  return Buffer.from(data).readUInt16LE(0)
}

async function stateOf(machine: TestMachine) {
  const threshold = await to(machine, { opcode: 0x0a, cdw10: 0x04 })
  return {
    allocated: namespaceIds(await identify(machine, 0x10)),
    first: (await identify(machine, 0x00, { nsid: 1 })).toString('hex'),
    made: (await identify(machine, 0x11, { nsid: 5 })).toString('hex'),
    threshold: threshold.result,
    progress: await sanitizeProgress(machine),
  }
}

test('create, delete, format, sanitize and set features are done again at power-on', async () => {
  const clock = fakeClock()
  const before = await powerOn(clock)
  for (const command of [creation(64), FORMAT_TO_4K, DELETE_4, WARM_ABOVE_320, BLOCK_ERASE])
    expect((await to(before, command)).status).toBe(0)
  await clock.advance(30_000)

  const after = await powerOn(clock)

  const state = await stateOf(after)
  expect(state).toEqual(await stateOf(before))
  expect(state.allocated).toEqual([1, 2, 3, 5])
  expect(state.progress, 'a quarter').toBe(0x4000)
})

test('the transcript shows what may change a drive, the journal what did', async () => {
  const machine = await powerOn()
  await to(machine, creation(2 ** 40))
  await to(machine, { opcode: 0x0a, cdw10: 0x07 })
  await to(machine, creation(64))

  const lines = (await readFile(path.join(folder, 'host.jsonl'), 'utf8')).trim().split('\n')

  const sent = machine.machine.transcript.map((call) => call.call)
  expect(sent).toEqual(['admin', 'admin'])
  expect(lines.filter((line) => line.includes('"admin"'))).toHaveLength(1)
})

test('a disk is as big as its blocks are, whatever else they carry', async () => {
  const machine = await testMachine(labLikeHost())
  running.push(machine)
  const size = () => machine.read('/sys/block/nvme0n1/size')
  const before = await size()

  await to(machine, { opcode: 0x80, nsid: 1, cdw10: 3 })

  const blocks = Math.floor((64 * 2 ** 20) / (512 + 64))
  expect([before, await size()]).toEqual(['131072\n', `${blocks}\n`])
})

test('a disk follows its namespace: deleted, formatted, attached', async () => {
  const machine = await powerOn()
  await to(machine, FORMAT_TO_4K)
  const blockSize = await machine.read('/sys/block/nvme0n1/queue/logical_block_size')
  await to(machine, creation(64))
  await machine.attach(5, [0])
  const disks = await machine.list('/sys/class/block')
  await to(machine, { opcode: 0x0d, nsid: 5, cdw10: 1 })

  expect(blockSize).toBe('4096\n')
  expect(disks).toContain('nvme0n2')
  expect(await machine.list('/sys/class/block')).not.toContain('nvme0n2')
})
