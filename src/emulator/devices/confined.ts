/**
 * A drive whose firmware keeps its VFs from what is not theirs: they have no Namespace Management or Attachment, no
 * Virtualization Management and no Sanitize, and neither OACS nor the effects log claims them. Format stays, of their own
 * namespaces. Source: NVMe Base 2.1, "Identify Controller Data Structure" (OACS), "Commands Supported and Effects log page".
 */
import { without } from './command-effects.ts'
import type { DevicePolicy } from './device-policy.ts'
import { OPCODE } from './opcodes.ts'

/** OACS bits 3 and 7. */
const NAMESPACE_MANAGEMENT = 1 << 3
const VIRTUALIZATION_MANAGEMENT = 1 << 7

export function confined(policy: DevicePolicy): DevicePolicy {
  const { commands, identity } = policy
  const claims = identity.optionalCommands
  const secondary = claims.secondary & ~(NAMESPACE_MANAGEMENT | VIRTUALIZATION_MANAGEMENT)
  return {
    ...policy,
    identity: { ...identity, optionalCommands: { ...claims, secondary } },
    commands: {
      ...commands,
      secondary: without(
        commands.secondary,
        OPCODE.namespaceManagement,
        OPCODE.namespaceAttachment,
        OPCODE.virtualizationManagement,
        OPCODE.sanitize
      ),
    },
  }
}
