/** Calls on an emulated machine as tests write them: one line each, the errno or status as the answer. */
import type {
  AdminAnswer,
  AdminCommand,
  KernelAnswer,
  KernelCall,
} from '../../src/kernel/call.ts'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import type { EmulatedMachine } from '../../src/emulator/machine.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import type { PowerOnOptions } from '../../src/emulator/power-on.ts'
import { AT_ONCE } from '../../src/emulator/timing.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { fakeClock } from '../support/fake-clock.ts'
import type { FakeClock } from '../support/fake-clock.ts'

export const DEVICES = '/sys/bus/pci/devices'
export const DRIVERS = '/sys/bus/pci/drivers'
export const PF = `${DEVICES}/0000:01:00.0`
const FOR_EVER_MS = 1e9

export type TestMachine = {
  readonly machine: EmulatedMachine
  readonly clock: FakeClock
  /** Any call. */
  readonly lane: <C extends KernelCall>(call: C) => Promise<KernelAnswer<C>>
  readonly read: (path: string) => Promise<string>
  readonly link: (path: string) => Promise<string>
  readonly list: (path: string) => Promise<readonly string[]>
  readonly exists: (path: string) => Promise<boolean>
  /** `ok`, or the errno. */
  readonly write: (path: string, text: string) => Promise<string>
  readonly admin: (device: string, command: AdminCommand) => Promise<AdminAnswer>
  /** Status of a Virtualization Management command to nvme0, in hex. */
  readonly virt: (
    action: number,
    cntlid: number,
    resource?: number,
    count?: number
  ) => Promise<string>
  /** Status of a Namespace Attachment command to nvme0, in hex. */
  readonly attach: (nsid: number, cntlids: readonly number[]) => Promise<string>
  readonly detach: (nsid: number, cntlids: readonly number[]) => Promise<string>
}

/** Everything at once, unless `timing` says otherwise: the clock moves when a test says so. */
export type MachineOptions = Partial<Omit<PowerOnOptions, 'clock'>> & {
  readonly clock?: FakeClock
}

export async function labMachine(options: MachineOptions = {}): Promise<TestMachine> {
  return testMachine(labLikeHost(), options)
}

export async function testMachine(
  description: HostDescription,
  options: MachineOptions = {}
): Promise<TestMachine> {
  const clock = options.clock ?? fakeClock()
  const machine = await emulatedMachine(description, { timing: AT_ONCE, ...options, clock })
  return callsOn(machine, clock)
}

export function callsOn(machine: EmulatedMachine, clock: FakeClock): TestMachine {
  const lane = machine.kernel.lane('test')
  async function ask<C extends KernelCall>(call: C): Promise<KernelAnswer<C>> {
    const answer = await lane.call(call, { deadlineMs: FOR_EVER_MS })
    if (!answer.done) throw new Error(`blocked: ${JSON.stringify(answer.blocked)}`)
    return answer.answer
  }
  const admin = (device: string, command: AdminCommand) =>
    ask({ call: 'admin', device, command })
  const status = async (command: AdminCommand) =>
    `0x${(await admin('/dev/nvme0', command)).status.toString(16)}`
  return {
    machine,
    clock,
    lane: ask,
    read: (path) => ask({ call: 'read', path }),
    link: (path) => ask({ call: 'readLink', path }),
    list: (path) => ask({ call: 'readDir', path }),
    exists: (path) => ask({ call: 'exists', path }),
    write: (path, text) => okOrErrno(ask({ call: 'write', path, text })),
    admin,
    virt: (action, cntlid, resource = 0, count = 0) =>
      status({
        opcode: 0x1c,
        cdw10: cntlid * 65536 + resource * 256 + action,
        cdw11: count,
      }),
    attach: (nsid, cntlids) => status(attachment(0, nsid, cntlids)),
    detach: (nsid, cntlids) => status(attachment(1, nsid, cntlids)),
  }
}

export async function okOrErrno(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'ok'
  } catch (error) {
    if (error instanceof KernelError) return error.errno
    throw error
  }
}

function attachment(
  select: number,
  nsid: number,
  cntlids: readonly number[]
): AdminCommand {
  const dataOut = Buffer.alloc(4096)
  dataOut.writeUInt16LE(cntlids.length, 0)
  cntlids.forEach((cntlid, i) => dataOut.writeUInt16LE(cntlid, 2 + 2 * i))
  return { opcode: 0x15, nsid, cdw10: select, dataOut }
}

/** Identify's data. */
export async function identify(
  { admin }: TestMachine,
  cns: number,
  { device = '/dev/nvme0', nsid = 0, cntid = 0 } = {}
): Promise<Buffer> {
  const command = { opcode: 0x06, nsid, cdw10: cntid * 65536 + cns, dataInLength: 4096 }
  const answer = await admin(device, command)
  if (answer.status !== 0) throw new Error(`status 0x${answer.status.toString(16)}`)
  return Buffer.from(answer.data)
}

/** A list of 16-bit numbers after their count, as CNS 12h and 13h give it. */
export function controllerIds(data: Buffer): readonly number[] {
  return Array.from({ length: data.readUInt16LE(0) }, (_, i) =>
    data.readUInt16LE(2 + 2 * i)
  )
}

/** A list of 32-bit numbers ended by 0, as CNS 02h and 10h give it. */
export function namespaceIds(data: Buffer): readonly number[] {
  const ids = Array.from({ length: 1024 }, (_, i) => data.readUInt32LE(4 * i))
  return ids.slice(0, ids.indexOf(0))
}

export type BegunCall = {
  /** What it answered: text, `ok` or the errno; undefined: it is still waiting. */
  readonly said: () => string | undefined
}

let begunCalls = 0

/** A call in a lane of its own that nobody waits for, once it has gone as far as it gets without time passing. */
export async function begun(
  { machine, clock }: TestMachine,
  call: KernelCall
): Promise<BegunCall> {
  const lane = machine.kernel.lane(`begun ${++begunCalls}`)
  let said: string | undefined
  lane.call(call, { deadlineMs: FOR_EVER_MS }).then(
    (answer) => (said = answer.done ? inWords(answer.answer) : 'blocked'),
    (error: unknown) => (said = error instanceof KernelError ? error.errno : String(error))
  )
  await clock.advance(0)
  return { said: () => said }
}

function inWords(answer: unknown): string {
  if (answer === null) return 'ok'
  return typeof answer === 'string' ? answer : JSON.stringify(answer)
}

/** As `begun`, of a write. */
export function begunWrite(machine: TestMachine, path: string, text: string) {
  return begun(machine, { call: 'write', path, text })
}
