/**
 * What a controller lets whoever has it do to others: the reason why a VF may be no safe thing to give to a tenant. Pure.
 *
 * A command counts that either says is there, OACS or the Commands Supported and Effects log: QEMU up to 9.0 has
 * Virtualization Management without its bit. Format counts only where it reaches further than the controller's own
 * namespaces. Vendor specific commands are not judged, since nobody but their vendor can.
 * Source: NVMe Base 2.1, "Identify Controller Data Structure" (OACS, FNA, SANICAP), "Commands Supported and Effects log
 * page"; opcodes as in "Opcodes for Admin Commands".
 */
import type { IdentifyController } from './identify-controller.ts'
import { fieldsOf } from './little-endian.ts'

/** What it lets a tenant do, in the order in which it is told. */
export const TENANT_REACH = [
  'namespace-management',
  'namespace-attachment',
  'virtualization-management',
  'format-of-all-namespaces',
  'sanitize',
  'firmware',
  'security',
  'management-interface',
  'lockdown',
] as const

export type TenantReach = (typeof TENANT_REACH)[number]

type Says = Pick<IdentifyController, 'optional' | 'format' | 'sanitizes'>

type Commands = {
  readonly opcodes: readonly number[]
  /** By Identify Controller. */
  readonly claimed: (identified: Says) => boolean
  /** The claim is of more than these commands, or of the subsystem: an effects log knows better. */
  readonly logDecides?: true
  /** What else must be so. */
  readonly only?: (identified: Says) => boolean
}

const COMMANDS: Readonly<Record<TenantReach, Commands>> = {
  'namespace-management': {
    opcodes: [0x0d],
    // The bit is of attachment too, which is all that QEMU has of it.
    claimed: ({ optional }) => optional.namespaceManagement,
    logDecides: true,
  },
  'namespace-attachment': {
    opcodes: [0x15],
    claimed: ({ optional }) => optional.namespaceManagement,
  },
  'virtualization-management': {
    opcodes: [0x1c],
    claimed: ({ optional }) => optional.virtualizationManagement,
  },
  'format-of-all-namespaces': {
    opcodes: [0x80],
    claimed: ({ optional }) => optional.format,
    only: ({ format }) => format.formatsAllNamespaces || format.erasesAllNamespaces,
  },
  sanitize: { opcodes: [0x84], claimed: ({ sanitizes }) => sanitizes, logDecides: true },
  firmware: { opcodes: [0x10, 0x11], claimed: ({ optional }) => optional.firmware },
  security: { opcodes: [0x81], claimed: ({ optional }) => optional.security },
  'management-interface': {
    opcodes: [0x1d],
    claimed: ({ optional }) => optional.managementInterface,
  },
  lockdown: { opcodes: [0x24], claimed: ({ optional }) => optional.lockdown },
}

/** @param effects opcodes of the effects log; null where the controller has none */
export function tenantReach(
  identified: Says,
  effects: ReadonlySet<number> | null
): readonly TenantReach[] {
  return TENANT_REACH.filter((reach) => {
    const { opcodes, claimed, logDecides = false, only } = COMMANDS[reach]
    if (only && !only(identified)) return false
    const isClaimed = claimed(identified) && !(logDecides && effects)
    return isClaimed || opcodes.some((opcode) => effects?.has(opcode) === true)
  })
}

const ADMIN_OPCODES = 256
const SUPPORTED = 1

/** Admin opcodes that an effects log (LID 05h) has as supported. */
export function supportedCommands(page: Uint8Array): ReadonlySet<number> {
  const fields = fieldsOf(page)
  const all = Array.from({ length: ADMIN_OPCODES }, (_, opcode) => opcode)
  return new Set(all.filter((opcode) => (fields.u32(4 * opcode) & SUPPORTED) !== 0))
}

const WORDS: Readonly<Record<TenantReach, string>> = {
  'namespace-management': 'create and delete namespaces',
  'namespace-attachment': 'attach and detach namespaces of others',
  'virtualization-management': 'take other VFs offline, and their resources',
  'format-of-all-namespaces': 'format namespaces of others',
  sanitize: 'erase the whole drive',
  firmware: 'replace the firmware of the drive',
  security: 'lock the drive',
  'management-interface': 'manage and reset the drive by NVMe-MI',
  lockdown: 'lock commands of the drive',
}

export function reachInWords(reach: TenantReach): string {
  return WORDS[reach]
}
