/**
 * Like Samsung's PM1733: the primary has all flexible resources until it gives them up (Primary Controller Flexible
 * Allocation, then a reset other than a Controller Reset); a VF comes online only after a Function Level Reset since its
 * last assignment; Invalid Controller Identifier is what it says of a VF that is not enabled; errors come without Do Not
 * Retry; counts are taken as they are.
 *
 * Source: github.com/linux-nvme/nvme-cli issue 1126; linux-nvme list, "PM1733", May 2020; gist.github.com/fkpwolf
 * 9a636152be515a91f5151b6eafbcf013. From documents: nobody here has one, and what they do not tell is the specification's.
 */
import { without } from './command-effects.ts'
import type { DevicePolicy } from './device-policy.ts'
import { OPCODE } from './opcodes.ts'
import { SPECIFICATION } from './specification.ts'
import { INVALID_CONTROLLER_ID } from './status.ts'

const { plain, primary, secondary } = SPECIFICATION.commands

export const PM1733: DevicePolicy = {
  ...SPECIFICATION,
  name: 'pm1733',
  doNotRetry: false,
  identity: {
    ...SPECIFICATION.identity,
    version: 0x00010300,
    oui: [0x38, 0x25, 0x00],
    // A drive of silicon has no doorbell buffers.
    optionalCommands: { plain: 0x000a, primary: 0x008a, secondary: 0x0002 },
  },
  commands: {
    plain: without(plain, OPCODE.doorbellBufferConfig),
    primary: without(primary, OPCODE.doorbellBufferConfig),
    secondary: without(secondary, OPCODE.doorbellBufferConfig),
  },
  secondaries: { ...SPECIFICATION.secondaries, primaryHas: 'all' },
  virtualization: {
    ...SPECIFICATION.virtualization,
    withoutVf: INVALID_CONTROLLER_ID,
    betweenGrains: 'accepted',
    takenUp: 'by-reset-before-online',
  },
}
