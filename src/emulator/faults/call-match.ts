/** Which calls a fault meets. */
import type { CallMatch, FaultDescription } from '../../host/drills.ts'
import type { KernelCall } from '../../kernel/call.ts'
import { isControl } from '../call-kinds.ts'
import type { EmulatedLinux } from '../linux.ts'
import { controllerName } from '../nvme-driver/host-controller.ts'
import { pathOf } from '../system-calls.ts'
import { globPattern } from './glob.ts'

export type Matcher = (linux: EmulatedLinux, call: KernelCall) => boolean

/** A status can only be given to an admin command. */
export function matcherOf({ match, kind }: FaultDescription): Matcher {
  const glob = match.path === undefined ? undefined : globPattern(match.path)
  return (linux, call) =>
    (!isOfCommands(kind) || call.call === 'admin') &&
    (match.call === undefined || match.call === call.call) &&
    (glob === undefined || glob.test(pathOf(call))) &&
    (match.control !== true || isControl(call)) &&
    (match.text === undefined || (call.call === 'write' && call.text === match.text)) &&
    commandMatches(match, call) &&
    (match.address === undefined || concerns(linux, call, match.address))
}

function isOfCommands({ fault }: FaultDescription['kind']): boolean {
  return fault === 'status' || fault === 'status-with-effect'
}

/** A dword that a command leaves out is 0. */
function commandMatches(
  { opcode, nsid, cdw10, cdw11 }: CallMatch,
  call: KernelCall
): boolean {
  const wanted = [opcode, nsid, cdw10, cdw11]
  if (wanted.every((field) => field === undefined)) return true
  if (call.call !== 'admin') return false
  const { command } = call
  const sent = [command.opcode, command.nsid ?? 0, command.cdw10 ?? 0, command.cdw11 ?? 0]
  return wanted.every((field, i) => field === undefined || field === sent[i])
}

/** A function's own files, writes that name it, and what nvme has made of it: names are looked up now. */
function concerns(linux: EmulatedLinux, call: KernelCall, address: string): boolean {
  if (call.call === 'write' && call.text.trim() === address) return true
  const parts = pathOf(call).split('/')
  if (parts.includes(address)) return true
  return namesOf(linux, address).some((name) => parts.includes(name))
}

function namesOf(linux: EmulatedLinux, address: string): readonly string[] {
  const controllers = [...linux.controllers.values()].filter(
    ({ fn }) => fn.address === address
  )
  const disks = [...linux.disks.values()].filter(
    ({ controller }) => controller?.fn.address === address
  )
  return [...controllers.map(controllerName), ...disks.map(({ name }) => name)]
}
