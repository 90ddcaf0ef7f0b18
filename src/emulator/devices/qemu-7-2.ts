/**
 * QEMU 7.2's nvme, with SR-IOV or plain: the device of the lab, and the default. OACS says 010Ah: Format, namespace
 * management (of which only attachment exists) and doorbell buffers; Virtualization Management works without its bit, on
 * VFs too. Source: QEMU 7.2 hw/nvme/ctrl.c, nvme_init_ctrl, nvme_cse_acs and nvme_cse_iocs_nvm.
 */
import { attachOnce, detachAttached } from './attachment-rules.ts'
import {
  commandTable,
  EVERY_CONTROLLERS,
  LOGICAL_BLOCK_CONTENT,
  NAMESPACE_INVENTORY,
  NVM_COMMANDS,
} from './command-effects.ts'
import type { DevicePolicy, LbaFormat } from './device-policy.ts'
import { OPCODE } from './opcodes.ts'
import { INVALID_FIELD, INVALID_RESOURCE_COUNT, INVALID_SECONDARY_STATE } from './status.ts'

const COMMANDS = commandTable({
  ...EVERY_CONTROLLERS,
  [OPCODE.namespaceAttachment]: NAMESPACE_INVENTORY,
  [OPCODE.virtualizationManagement]: 0,
  [OPCODE.doorbellBufferConfig]: 0,
  [OPCODE.formatNvm]: LOGICAL_BLOCK_CONTENT,
})

/** Source: QEMU hw/nvme/ns.c, nvme_ns_init. */
const LBA_FORMATS: readonly LbaFormat[] = [512, 4096].flatMap((blockBytes) =>
  [0, 8, 16, 64].map((metadataBytes) => ({ blockBytes, metadataBytes }))
)

const VERIFY = 0x0c
const COPY = 0x19

export const QEMU_7_2: DevicePolicy = {
  name: 'qemu-7.2',
  evidence: 'compared',
  doNotRetry: true,
  identity: {
    version: 0x00010400,
    oui: [0x00, 0x54, 0x52],
    alwaysMultiController: false,
    tellsVirtualFunctions: false,
    optionalCommands: { plain: 0x010a, primary: 0x010a, secondary: 0x010a },
    attributes: 1 << 15, // extended LBA formats
    optionalIoCommands: 0x15d, // compare, DSM, write zeroes, save, timestamp, copy
    copyFormats: 0b11,
    tellsCapacity: false,
  },
  commands: { plain: COMMANDS, primary: COMMANDS, secondary: COMMANDS },
  ioCommands: commandTable({
    ...NVM_COMMANDS,
    [VERIFY]: 0,
    [COPY]: LOGICAL_BLOCK_CONTENT,
  }),
  pages: {
    ofSubsystem: (multiController) => (multiController ? 'everything' : 'own-namespaces'),
    virtualization: 'every-controller',
    unknownLog: INVALID_FIELD,
    errorEntries: undefined,
    firmwareSlot: '1.0',
  },
  health: { availableSpare: 0, spareThreshold: 0 },
  erasing: {
    lbaFormats: LBA_FORMATS,
    formatAttributes: 0,
    checksSecureErase: false,
    // A lab: zeroes are written as holes, in a few ms for 64 MiB.
    formatMs: { cryptographic: 20, everyBlock: 20 },
    sanitizeMs: {},
  },
  attachment: { atStart: 'as-it-appears', attach: attachOnce, detach: detachAttached },
  secondaries: {
    exist: 'while-enabled',
    afterFunctionReset: 'lost',
    // nvme_init_state gives it all, but the reset at machine start takes it away again: a lab read 0.
    primaryHas: 'none',
    subsystemReset: false,
  },
  virtualization: {
    resourceType: 'always-checked',
    beyondTotal: INVALID_RESOURCE_COUNT,
    withoutVf: INVALID_SECONDARY_STATE,
    betweenGrains: 'accepted',
    takenUp: 'by-online',
  },
}
