/** Which calls may change a machine: what its transcript shows and its journal keeps. */
import type { AdminAnswer, AdminCommand, KernelCall } from '../kernel/call.ts'
import { MAX_NAMESPACES } from './devices/namespace-ids.ts'
import { mayChangeTheDrive, OPCODE } from './devices/opcodes.ts'
import type { AnyAnswer } from './system-calls.ts'

export function isControl(call: KernelCall): boolean {
  if (call.call === 'admin') return mayChangeTheDrive(call.command.opcode)
  return CONTROL.has(call.call)
}

/** An exclusive open is kept in a journal, since what is written later needs it. */
const CONTROL: ReadonlySet<KernelCall['call']> = new Set([
  'write',
  'holdDisk',
  'letGoDisk',
  'writeBlocks',
  'writeZeroes',
])

/** Refused, these may have changed what came before the refused one: a controller of a list, a namespace of all. */
const CHANGE_IN_TURN: readonly number[] = [OPCODE.namespaceAttachment, OPCODE.formatNvm]

export function tookEffect(call: KernelCall, answer: AnyAnswer): boolean {
  if (call.call !== 'admin') return true
  return CHANGE_IN_TURN.includes(call.command.opcode) || statusOf(answer) === 0
}

/** What the call would have said, had it done anything. */
export function pretendedAnswer(call: KernelCall): AnyAnswer | undefined {
  switch (call.call) {
    case 'write':
    case 'holdDisk':
    case 'letGoDisk':
    case 'writeBlocks':
    case 'writeZeroes':
      return null
    case 'admin':
      return pretendedCompletion(call.command)
    case 'read':
    case 'readBytes':
    case 'readLink':
    case 'readDir':
    case 'exists':
    case 'openExclusive':
    case 'readBlocks':
    case 'vfioGroupStatus':
    case 'holders':
      return undefined
  }
}

function pretendedCompletion(command: AdminCommand): AdminAnswer {
  const data = new Uint8Array(command.dataInLength ?? 0)
  return { status: 0, result: pretendedResult(command), data }
}

/** The last one: nobody has it. */
const UNUSED_NSID = MAX_NAMESPACES

function pretendedResult({ opcode, cdw10 = 0, cdw11 = 0 }: AdminCommand): number {
  switch (opcode) {
    case OPCODE.virtualizationManagement:
      return cdw11 & 0xffff // resources that were modified
    case OPCODE.namespaceManagement:
      return (cdw10 & 0xf) === 0 ? UNUSED_NSID : 0
    default:
      return 0
  }
}

function statusOf(answer: AnyAnswer): number {
  const completed = typeof answer === 'object' && answer !== null && 'status' in answer
  return completed ? answer.status : 0
}
