/**
 * An ordinary drive: one namespace that nobody can change, no virtualization, and a Format that takes all namespaces, so
 * that erasing one reaches the others.
 *
 * Source: NVMe Base 2.1, "Format NVM command", "Identify command" (pages of optional commands are Invalid Field). From
 * documents.
 */
import {
  commandTable,
  EVERY_CONTROLLERS,
  LOGICAL_BLOCK_CONTENT,
} from './command-effects.ts'
import type { DevicePolicy } from './device-policy.ts'
import { CRYPTOGRAPHIC, ERASES_ALL, FORMATS_ALL } from './format-nvm.ts'
import { OPCODE } from './opcodes.ts'
import { SPECIFICATION } from './specification.ts'

const COMMANDS = commandTable({
  ...EVERY_CONTROLLERS,
  [OPCODE.formatNvm]: LOGICAL_BLOCK_CONTENT,
  [OPCODE.sanitize]: LOGICAL_BLOCK_CONTENT,
})

const FORMAT_ONLY = 0x0002

export const PLAIN: DevicePolicy = {
  ...SPECIFICATION,
  name: 'plain',
  identity: {
    ...SPECIFICATION.identity,
    version: 0x00010400,
    optionalCommands: { plain: FORMAT_ONLY, primary: FORMAT_ONLY, secondary: FORMAT_ONLY },
  },
  commands: { plain: COMMANDS, primary: COMMANDS, secondary: COMMANDS },
  pages: {
    ...SPECIFICATION.pages,
    ofSubsystem: (multiController) => (multiController ? 'everything' : 'nothing'),
  },
  erasing: {
    ...SPECIFICATION.erasing,
    formatAttributes: FORMATS_ALL | ERASES_ALL | CRYPTOGRAPHIC,
    sanitizeMs: { 'block-erase': 60_000, 'crypto-erase': 2_000 },
  },
}
