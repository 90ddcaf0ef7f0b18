/**
 * QEMU 10.0's nvme. Unlike 7.2's it gives every controller a subsystem, keeps the controllers of VFs (and what is attached
 * to them) while those are disabled, has Virtualization Management only where there is SR-IOV and says so, and lets Linux
 * bring VFs back after a Function Level Reset of the primary.
 *
 * Source: QEMU 10.0.2 hw/nvme/ctrl.c, nvme_init_ctrl, nvme_init_subsys, nvme_cse_acs_default; hw/pci/pcie_sriov.c. Compared:
 * the lists, statuses and bits that a lab read; from documents: directives, effects.
 */
import {
  commandTable,
  CONTROLLER_CAPABILITY,
  EVERY_CONTROLLERS,
  LOGICAL_BLOCK_CONTENT,
  NAMESPACE_INVENTORY,
} from './command-effects.ts'
import type { DevicePolicy } from './device-policy.ts'
import { OPCODE } from './opcodes.ts'
import { QEMU_10_ATTACHMENT } from './qemu-10-attachment.ts'
import { QEMU_7_2 } from './qemu-7-2.ts'

const PLAIN_COMMANDS = {
  ...EVERY_CONTROLLERS,
  [OPCODE.namespaceAttachment]: NAMESPACE_INVENTORY | CONTROLLER_CAPABILITY,
  [OPCODE.directiveSend]: 0,
  [OPCODE.directiveReceive]: 0,
  [OPCODE.doorbellBufferConfig]: 0,
  [OPCODE.formatNvm]: LOGICAL_BLOCK_CONTENT,
}

const SRIOV_COMMANDS = commandTable({
  ...PLAIN_COMMANDS,
  [OPCODE.virtualizationManagement]: 0,
})

const IO_MANAGEMENT_RECEIVE = 0x12
const IO_MANAGEMENT_SEND = 0x1d

export const QEMU_10: DevicePolicy = {
  ...QEMU_7_2,
  name: 'qemu-10',
  identity: {
    ...QEMU_7_2.identity,
    alwaysMultiController: true,
    optionalCommands: { plain: 0x012a, primary: 0x01aa, secondary: 0x01aa },
    copyFormats: 0b1111,
  },
  commands: {
    plain: commandTable(PLAIN_COMMANDS),
    primary: SRIOV_COMMANDS,
    secondary: SRIOV_COMMANDS,
  },
  ioCommands: new Map([
    ...QEMU_7_2.ioCommands,
    ...commandTable({
      [IO_MANAGEMENT_RECEIVE]: 0,
      [IO_MANAGEMENT_SEND]: LOGICAL_BLOCK_CONTENT,
    }),
  ]),
  attachment: QEMU_10_ATTACHMENT,
  secondaries: {
    ...QEMU_7_2.secondaries,
    exist: 'always',
    afterFunctionReset: 'restored',
  },
}
