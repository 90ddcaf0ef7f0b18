/** Does one command on a kernel, real or emulated, and puts what it answered into a line that can be compared. */
import type { AdminAnswer } from '../../src/kernel/call.ts'
import { functionAt } from '../contract/machine.ts'
import type { Command } from './commands.ts'
import { errnoIn, type Machine } from './machine.ts'
import { settled } from './settle.ts'

export const NO_CONTROLLER = 'no controller'

/** Nobody's business who the writer was: `ok`, an errno, a status, a text. */
export async function perform(machine: Machine, command: Command): Promise<string> {
  try {
    const outcome = await answerTo(machine, command)
    if (command.do !== 'read') await settled(machine)
    return outcome
  } catch (cause) {
    const errno = errnoIn(cause)
    if (errno === undefined) throw cause
    await settled(machine)
    return errno
  }
}

async function answerTo(machine: Machine, command: Command): Promise<string> {
  switch (command.do) {
    case 'read':
      return JSON.stringify(await machine.ask({ call: 'read', path: command.path }))
    case 'write':
      await machine.ask({ call: 'write', path: command.path, text: command.text })
      return 'ok'
    case 'writeController': {
      const name = await controllerName(machine, command.address)
      if (name === undefined) return NO_CONTROLLER
      const path = `${functionAt(command.address)}/nvme/${name}/${command.file}`
      await machine.ask({ call: 'write', path, text: command.text })
      return 'ok'
    }
    case 'openGroup': {
      const path = `/dev/vfio/${command.group}`
      return JSON.stringify(await machine.ask({ call: 'vfioGroupStatus', path }))
    }
    case 'admin':
      return admin(machine, command)
  }
}

async function admin(
  machine: Machine,
  command: Command & { readonly do: 'admin' }
): Promise<string> {
  const name = await controllerName(machine, command.address)
  if (name === undefined) return NO_CONTROLLER
  const dataOut = command.controllers && controllerList(command.controllers)
  const answer = await machine.ask({
    call: 'admin',
    device: `/dev/${name}`,
    command: { ...command.command, ...(dataOut ? { dataOut } : {}) },
  })
  return answerInWords(answer, command.compare)
}

function answerInWords(
  { status, result, data }: AdminAnswer,
  compare: 'status' | 'result' | 'data'
): string {
  const word = `status 0x${status.toString(16)}`
  if (status !== 0 || compare === 'status') return word
  const withResult = `${word} result 0x${result.toString(16)}`
  return compare === 'result' ? withResult : `${withResult} data ${runsOf(data)}`
}

/** What is not zero, each run with its offset: `4:01ff 4095:20`. */
function runsOf(data: Uint8Array): string {
  const hex = Buffer.from(data).toString('hex')
  const runs = hex.matchAll(/(?:..)+?(?=0000000000000000|$)/g)
  return Array.from(runs, ({ 0: run, index }) => [index, run] as const)
    .flatMap(([index, run]) => withoutZeros(index, run))
    .join(' ')
}

function withoutZeros(index: number, run: string): readonly string[] {
  const zeros = /^(?:00)*/.exec(run)?.[0].length ?? 0
  const rest = run.slice(zeros).replace(/(?:00)+$/, '')
  return rest === '' ? [] : [`${(index + zeros) / 2}:${rest}`]
}

export async function controllerName(
  { ask }: Machine,
  address: string
): Promise<string | undefined> {
  const path = `${functionAt(address)}/nvme`
  if (!(await ask({ call: 'exists', path }))) return undefined
  return (await ask({ call: 'readDir', path }))[0]
}

/** NVMe Base 2.1, "Controller List". A list may claim more than the page holds. */
function controllerList(cntlids: readonly number[]): Uint8Array {
  const page = Buffer.alloc(4096)
  page.writeUInt16LE(cntlids.length, 0)
  for (const [n, cntlid] of cntlids.entries()) page.writeUInt16LE(cntlid, 2 + 2 * n)
  return page
}
