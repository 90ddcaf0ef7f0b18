/**
 * One command of a random sequence, as data: the same value is performed on the emulator, sent to the guest as JSON, and
 * printed when the two differ. Addresses are the lab's, which gives its VFs the same ones each time.
 */
import type { AdminCommand } from '../../src/kernel/call.ts'

export type Command =
  | { readonly do: 'write'; readonly path: string; readonly text: string }
  | { readonly do: 'read'; readonly path: string }
  /** A file of the controller that nvme has made of the function: its number differs from machine to machine. */
  | {
      readonly do: 'writeController'
      readonly address: string
      readonly file: 'reset_controller' | 'rescan_controller'
      readonly text: string
    }
  /** Opens /dev/vfio/N, asks for the group's status and closes it. */
  | { readonly do: 'openGroup'; readonly group: number }
  | {
      readonly do: 'admin'
      readonly address: string
      readonly command: Omit<AdminCommand, 'dataOut'>
      /** Data out: a Controller List. */
      readonly controllers?: readonly number[]
      /** How much of a successful answer must be the same; counters and times need not. */
      readonly compare: 'status' | 'result' | 'data'
    }

/** A line for people, and the key of what a command is. */
export function inWords(command: Command): string {
  switch (command.do) {
    case 'write':
      return `write ${JSON.stringify(command.text.slice(0, 40))} to ${command.path}`
    case 'read':
      return `read ${command.path}`
    case 'writeController':
      return `write ${JSON.stringify(command.text)} to ${command.file} of ${command.address}`
    case 'openGroup':
      return `open /dev/vfio/${command.group}`
    case 'admin':
      return `admin ${fieldsOf(command.command)}${listOf(command.controllers)} to ${command.address}`
  }
}

function fieldsOf({ opcode, nsid, cdw10 = 0, cdw11 = 0 }: Omit<AdminCommand, 'dataOut'>) {
  const hex = (value: number) => `${value.toString(16)}h`
  return `${hex(opcode)} nsid ${hex(nsid ?? 0)} cdw10 ${hex(cdw10)} cdw11 ${hex(cdw11)}`
}

function listOf(controllers: readonly number[] | undefined): string {
  return controllers ? ` controllers ${controllers.join(',')}` : ''
}

/** Shares that a test asks for. */
export function isNumVfsWrite(command: Command): boolean {
  return command.do === 'write' && command.path.endsWith('/sriov_numvfs')
}

export function isBind(command: Command): boolean {
  return command.do === 'write' && /\/(bind|unbind|drivers_probe)$/.test(command.path)
}
