/**
 * A drive as the specification has it, with every command that nvirt may meet: namespace and virtualization management,
 * Format, Sanitize, doorbell buffers. Its VFs may do to themselves what they like and nothing to others. Where the
 * specification leaves it open: a VF gets at new resources by a reset, counts between two grains are rounded down, the
 * primary is delivered without flexible resources.
 *
 * Source: NVMe Base 2.1, "Virtualization Enhancements", "Virtualization Management command", "Namespace Management",
 * "Controller Level Reset", "NVM Subsystem Reset". From documents.
 */
import { attachOnce, detachAttached } from './attachment-rules.ts'
import {
  ALONE_IN_SUBSYSTEM,
  commandTable,
  CONTROLLER_CAPABILITY,
  EVERY_CONTROLLERS,
  LOGICAL_BLOCK_CONTENT,
  NAMESPACE_CAPABILITY,
  NAMESPACE_INVENTORY,
  NVM_COMMANDS,
} from './command-effects.ts'
import type { DevicePolicy } from './device-policy.ts'
import { CRYPTOGRAPHIC } from './format-nvm.ts'
import { OPCODE } from './opcodes.ts'
import { INVALID_LOG_PAGE, INVALID_RESOURCE_ID, INVALID_SECONDARY_STATE } from './status.ts'

/** For its own namespaces. */
const UNPRIVILEGED = {
  ...EVERY_CONTROLLERS,
  [OPCODE.doorbellBufferConfig]: 0,
  [OPCODE.formatNvm]: LOGICAL_BLOCK_CONTENT | NAMESPACE_CAPABILITY,
}

const PRIVILEGED = {
  ...UNPRIVILEGED,
  [OPCODE.namespaceManagement]: NAMESPACE_CAPABILITY | NAMESPACE_INVENTORY,
  [OPCODE.namespaceAttachment]: NAMESPACE_INVENTORY,
  [OPCODE.sanitize]: LOGICAL_BLOCK_CONTENT | ALONE_IN_SUBSYSTEM,
}

export const SPECIFICATION: DevicePolicy = {
  name: 'specification',
  evidence: 'from documents',
  doNotRetry: true,
  identity: {
    version: 0x00020100,
    oui: [0, 0, 0],
    alwaysMultiController: false,
    tellsVirtualFunctions: true,
    // Format, namespace management, virtualization management, doorbell buffers.
    optionalCommands: { plain: 0x010a, primary: 0x018a, secondary: 0x0102 },
    attributes: 0,
    optionalIoCommands: 0x5d, // compare, DSM, write zeroes, save, timestamp
    copyFormats: 0,
    tellsCapacity: true,
  },
  commands: {
    plain: commandTable(PRIVILEGED),
    primary: commandTable({
      ...PRIVILEGED,
      [OPCODE.virtualizationManagement]: CONTROLLER_CAPABILITY,
    }),
    secondary: commandTable(UNPRIVILEGED),
  },
  ioCommands: commandTable(NVM_COMMANDS),
  pages: {
    ofSubsystem: () => 'everything',
    virtualization: 'primaries',
    unknownLog: INVALID_LOG_PAGE,
    errorEntries: 64,
    firmwareSlot: undefined,
  },
  health: { availableSpare: 100, spareThreshold: 10 },
  erasing: {
    lbaFormats: [
      { blockBytes: 512, metadataBytes: 0 },
      { blockBytes: 4096, metadataBytes: 0 },
    ],
    formatAttributes: CRYPTOGRAPHIC,
    checksSecureErase: true,
    formatMs: { cryptographic: 1_500, everyBlock: 20_000 },
    sanitizeMs: { 'block-erase': 120_000, overwrite: 3_600_000, 'crypto-erase': 2_000 },
  },
  attachment: { atStart: 'at-delivery', attach: attachOnce, detach: detachAttached },
  secondaries: {
    exist: 'always',
    afterFunctionReset: 'restored',
    primaryHas: 'none',
    subsystemReset: true,
  },
  virtualization: {
    resourceType: 'checked-when-moving',
    beyondTotal: INVALID_RESOURCE_ID,
    withoutVf: INVALID_SECONDARY_STATE,
    betweenGrains: 'rounded-down',
    takenUp: 'by-reset',
  },
}
