/** Identify Namespace (CNS 00h, 11h) and Namespace Identification Descriptors (03h). Source: QEMU hw/nvme/ns.c, nvme_ns_init. */
import type { DevicePolicy, LbaFormat } from './device-policy.ts'
import { IDENTIFY_LENGTH } from './identify-controller.ts'
import { blockCount } from './subsystem.ts'
import type { NvmeNamespace } from './subsystem.ts'

const INTERLEAVED = 1 << 4
/** Of ONCS. */
const COPY = 1 << 8
/** What is deallocated together. */
const DEALLOCATED_BYTES = 4096

export function identifyNamespace(
  namespace: NvmeNamespace,
  { erasing, identity }: DevicePolicy
): Uint8Array {
  const data = Buffer.alloc(IDENTIFY_LENGTH)
  const formats = erasing.lbaFormats
  const { protection } = namespace
  for (const offset of [0, 8, 16])
    data.writeBigUInt64LE(BigInt(blockCount(namespace)), offset) // NSZE, NCAP, NUSE
  data[24] = 0x14 // NSFEAT: deallocated errors, optimal performance fields
  data[25] = formats.length - 1
  data[26] = formatIndex(namespace, formats) | (protection.interleaved ? INTERLEAVED : 0)
  data[27] = 0b11 // MC
  data[28] = 0x1f // DPC
  data[29] = protection.type
  data[30] = namespace.shared ? 1 : 0 // NMIC
  data[33] = 1 // DLFEAT
  const deallocated = Math.max(0, DEALLOCATED_BYTES / namespace.blockBytes - 1)
  for (const offset of [68, 70]) data.writeUInt16LE(deallocated, offset) // NPDG, NPDA
  if ((identity.optionalIoCommands & COPY) !== 0) {
    data.writeUInt16LE(128, 74) // MSSRL
    data.writeUInt32LE(128, 76) // MCL
    data[80] = 127 // MSRC
  }
  if (namespace.nguid) data.write(namespace.nguid, 104, 'hex')
  if (namespace.eui64) data.write(namespace.eui64, 120, 'hex')
  formats.forEach(({ metadataBytes, blockBytes }, i) => {
    data.writeUInt16LE(metadataBytes, 128 + 4 * i)
    data[130 + 4 * i] = Math.log2(blockBytes)
  })
  return data
}

function formatIndex(
  { blockBytes, metadataBytes }: NvmeNamespace,
  formats: readonly LbaFormat[]
): number {
  const index = formats.findIndex(
    (format) => format.blockBytes === blockBytes && format.metadataBytes === metadataBytes
  )
  if (index < 0) throw new Error(`no LBA format of ${blockBytes}+${metadataBytes} bytes`)
  return index
}

const EUI64 = 1
const NGUID = 2
const UUID = 3
const COMMAND_SET = 4

/** Source: NVMe Base 2.1, "Namespace Identification Descriptor list"; ends with a descriptor of length 0. */
export function identificationDescriptors(namespace: NvmeNamespace): Uint8Array {
  const data = Buffer.alloc(IDENTIFY_LENGTH)
  let at = 0
  const add = (type: number, value: Buffer) => {
    data[at] = type
    data[at + 1] = value.length
    value.copy(data, at + 4)
    at += 4 + value.length
  }
  if (namespace.nguid) add(NGUID, Buffer.from(namespace.nguid, 'hex'))
  if (namespace.eui64) add(EUI64, Buffer.from(namespace.eui64, 'hex'))
  if (namespace.uuid) add(UUID, Buffer.from(namespace.uuid, 'hex'))
  add(COMMAND_SET, Buffer.from([0]))
  return data
}
