/**
 * What random sequences leave out, because somebody waits for half a minute or more: a VF that nvme drives is taken down
 * behind its back. Each class of command that then waits is one case.
 */
import { PROBE, driverFile, functionAt, overrideOf } from '../contract/machine.ts'
import { LAB_PF } from '../contract/world.ts'
import type { Command } from './commands.ts'
import { assignedOnline, virtualization } from './nvme-moves.ts'
import { VF_ADDRESSES } from './functions.ts'
import { write } from './sysfs-moves.ts'

const [VF = ''] = VF_ADDRESSES
const OFFLINE = 7

/** Longer than nvme gives an admin command (60 s) and an I/O (30 s). */
export const MOST_CASE_MS = 150_000

export type WaitingCase = {
  readonly name: string
  readonly commands: readonly Command[]
}

/** VF 1 is online and driven by nvme. */
const DRIVEN: readonly Command[] = [
  write(`${functionAt(LAB_PF)}/sriov_drivers_autoprobe`, '0'),
  write(`${functionAt(LAB_PF)}/sriov_numvfs`, '1'),
  ...assignedOnline(1, { vq: 4, vi: 3 }),
  write(overrideOf(VF), 'nvme'),
  write(PROBE, VF),
]

const TAKEN_OFFLINE = virtualization(LAB_PF, { action: OFFLINE, cntlid: 1 })

const RESET_PRIMARY: Command = {
  do: 'writeController',
  address: LAB_PF,
  file: 'reset_controller',
  text: '1',
}

const ASKED: Command = {
  do: 'admin',
  address: VF,
  command: { opcode: 0x06, cdw10: 1, dataInLength: 4096 },
  compare: 'status',
}

export const WAITING_CASES: readonly WaitingCase[] = [
  {
    name: 'a command to a VF that was taken offline is cancelled, and nvme lets go of it',
    commands: [...DRIVEN, TAKEN_OFFLINE, ASKED],
  },
  {
    name: 'a command to a VF whose primary was reset is cancelled, and nvme lets go of it',
    commands: [...DRIVEN, RESET_PRIMARY, ASKED],
  },
  {
    name: 'nvme is unbound from a VF that was taken offline',
    commands: [...DRIVEN, TAKEN_OFFLINE, write(driverFile('nvme', 'unbind'), VF)],
  },
  {
    name: 'VFs are disabled while nvme drives one that was taken offline',
    commands: [...DRIVEN, TAKEN_OFFLINE, write(`${functionAt(LAB_PF)}/sriov_numvfs`, '0')],
  },
  {
    name: 'a VF that was taken offline is reset by its own nvme',
    commands: [
      ...DRIVEN,
      TAKEN_OFFLINE,
      { do: 'writeController', address: VF, file: 'reset_controller', text: '1' },
    ],
  },
  {
    name: 'nvme leaves the primary and comes back while it drives a VF',
    commands: [
      ...DRIVEN,
      write(driverFile('nvme', 'unbind'), LAB_PF),
      write(driverFile('nvme', 'bind'), LAB_PF),
      ASKED,
    ],
  },
]
