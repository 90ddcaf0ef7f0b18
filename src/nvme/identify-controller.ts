/**
 * Identify Controller, CNS 01h: what we use of it.
 * Source: NVMe Base 2.1, "Identify Controller Data Structure"; offsets as in libnvme src/nvme/types.h.
 */
import { fieldsOf } from './little-endian.ts'

export type IdentifyController = {
  readonly vendor: number
  readonly serial: string
  readonly model: string
  readonly firmware: string
  readonly cntlid: number
  /** As `1.4.0`. */
  readonly version: string
  /** CMIC bit 1: its subsystem may have more controllers than this one. */
  readonly hasSiblings: boolean
  /** CMIC bit 2: this controller says that it is an SR-IOV VF. QEMU never does. */
  readonly isVirtualFunction: boolean
  readonly optional: OptionalAdminCommands
  /** SANICAP: it can sanitize in some way. */
  readonly sanitizes: boolean
  /** LPA bit 1: it has the Commands Supported and Effects log. */
  readonly logsEffects: boolean
  /** NN: largest namespace id. */
  readonly maxNamespaces: number
  readonly totalCapacityBytes: bigint
  readonly format: FormatAttributes
  readonly subsystemNqn: string
}

/** OACS. */
export type OptionalAdminCommands = {
  /** Security Send and Receive. */
  readonly security: boolean
  readonly format: boolean
  /** Firmware Download and Commit. */
  readonly firmware: boolean
  /** Creates and deletes namespaces, attaches and detaches them. */
  readonly namespaceManagement: boolean
  /** NVMe-MI Send and Receive. */
  readonly managementInterface: boolean
  /** QEMU up to 9.0 implements the command and leaves this bit clear. */
  readonly virtualizationManagement: boolean
  readonly doorbellBufferConfig: boolean
  /** Command and Feature Lockdown. */
  readonly lockdown: boolean
}

/** FNA. */
export type FormatAttributes = {
  readonly formatsAllNamespaces: boolean
  readonly erasesAllNamespaces: boolean
  readonly cryptographicErase: boolean
}

export function decodeIdentifyController(page: Uint8Array): IdentifyController {
  const fields = fieldsOf(page)
  const fna = fields.u8(524)
  return {
    vendor: fields.u16(0),
    serial: fields.ascii(4, 20),
    model: fields.ascii(24, 40),
    firmware: fields.ascii(64, 8),
    cntlid: fields.u16(78),
    version: versionOf(fields.u32(80)),
    hasSiblings: bit(fields.u8(76), 1),
    isVirtualFunction: bit(fields.u8(76), 2),
    optional: optionalCommands(fields.u16(256)),
    sanitizes: (fields.u32(328) & 0b111) !== 0,
    logsEffects: bit(fields.u8(261), 1),
    maxNamespaces: fields.u32(516),
    totalCapacityBytes: fields.u128(280),
    format: {
      formatsAllNamespaces: bit(fna, 0),
      erasesAllNamespaces: bit(fna, 1),
      cryptographicErase: bit(fna, 2),
    },
    subsystemNqn: fields.ascii(768, 256),
  }
}

function optionalCommands(oacs: number): OptionalAdminCommands {
  return {
    security: bit(oacs, 0),
    format: bit(oacs, 1),
    firmware: bit(oacs, 2),
    namespaceManagement: bit(oacs, 3),
    managementInterface: bit(oacs, 6),
    virtualizationManagement: bit(oacs, 7),
    doorbellBufferConfig: bit(oacs, 8),
    lockdown: bit(oacs, 10),
  }
}

function versionOf(ver: number): string {
  return `${ver >>> 16}.${(ver >> 8) & 0xff}.${ver & 0xff}`
}

function bit(value: number, position: number): boolean {
  return ((value >> position) & 1) === 1
}
