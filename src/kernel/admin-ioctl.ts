/**
 * NVMe admin commands by ioctl, on the controller's character device: on a multipath disk the kernel would choose the
 * controller.
 *
 * Source: Linux include/uapi/linux/nvme_ioctl.h (struct nvme_passthru_cmd, NVME_IOCTL_ADMIN_CMD), drivers/nvme/host/ioctl.c.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import type { AdminAnswer, AdminCommand } from './call.ts'
import { KernelError } from './kernel-error.ts'
import { libc } from './libc.ts'

/** _IOWR('N', 0x41, struct nvme_passthru_cmd) */
const NVME_IOCTL_ADMIN_CMD = 0xc0484e41
const PASSTHRU_BYTES = 72
/** Offsets in struct nvme_passthru_cmd. */
const AT = {
  opcode: 0,
  nsid: 4,
  address: 24,
  dataLength: 36,
  cdw10: 40,
  timeout: 64,
  result: 68,
}

const CONTROLLER_DEVICE = /^\/dev\/nvme\d+$/

/** All that nvirt asks of a controller. Nothing else leaves this process, whatever asks for it. */
export const ALLOWED = new Map([
  [0x02, 'Get Log Page'],
  [0x06, 'Identify'],
  [0x0a, 'Get Features'],
  [0x0d, 'Namespace Management'],
  [0x15, 'Namespace Attachment'],
  [0x1c, 'Virtualization Management'],
  [0x80, 'Format NVM'],
])

/** Data of Namespace Management and of Namespace Attachment, the allowed commands that send any. NVMe Base 2.1, "Controller List". */
const DATA_OUT_BYTES = 4096
const MAX_DATA_IN_BYTES = 1 << 20

/**
 * @throws {KernelError} the kernel did not send the command; what the controller said is `status`
 * @throws Error (a bug) for a device or a command that is not ours to use
 */
export function adminIoctl(device: string, command: AdminCommand): AdminAnswer {
  refuseForeign(device, command)
  const data = dataOf(command)
  const passthru = passthruCommand(command, data)
  const fd = openSync(device, constants.O_RDONLY)
  try {
    if (!fstatSync(fd).isCharacterDevice()) throw new KernelError('admin', device, 'ENOTTY')
    const status = libc().ioctl(fd, NVME_IOCTL_ADMIN_CMD, passthru)
    if (status < 0) throw new KernelError('admin', device, libc().errno())
    const answer = command.dataInLength === undefined ? new Uint8Array() : data
    return { status, result: passthru.readUInt32LE(AT.result), data: answer }
  } finally {
    closeSync(fd)
  }
}

function refuseForeign(device: string, command: AdminCommand): void {
  const refuse = (why: string): never => {
    throw new Error(`admin command ${command.opcode.toString(16)}h to ${device}: ${why}`)
  }
  if (!CONTROLLER_DEVICE.test(device)) refuse('not a controller device')
  if (!ALLOWED.has(command.opcode)) refuse('not an opcode that nvirt sends')
  if (erases(command) && !isOfOne(command)) refuse('not of one namespace')
  const { dataOut, dataInLength } = command
  if (dataOut && dataInLength !== undefined) refuse('data in both directions')
  if (dataOut && dataOut.length !== DATA_OUT_BYTES) refuse('data out is not 4096 bytes')
  if (dataInLength !== undefined && !isDataLength(dataInLength))
    refuse('bad length of data in')
}

const FORMAT_NVM = 0x80
const NAMESPACE_MANAGEMENT = 0x0d
const CREATE = 0
/** NVMe Base 2.1, "Namespace Identifier": FFFFFFFFh is every namespace of the drive. */
const EVERY_NAMESPACE = 0xffffffff

function erases({ opcode, cdw10 = 0 }: AdminCommand): boolean {
  if (opcode === NAMESPACE_MANAGEMENT) return (cdw10 & 0xf) !== CREATE
  return opcode === FORMAT_NVM
}

function isOfOne({ nsid = 0 }: AdminCommand): boolean {
  return Number.isInteger(nsid) && nsid > 0 && nsid < EVERY_NAMESPACE
}

/** Whole dwords, since NVMe counts in them. */
function isDataLength(bytes: number): boolean {
  return (
    Number.isInteger(bytes) && bytes > 0 && bytes <= MAX_DATA_IN_BYTES && bytes % 4 === 0
  )
}

function dataOf(command: AdminCommand): Uint8Array {
  return command.dataOut
    ? Uint8Array.from(command.dataOut)
    : new Uint8Array(command.dataInLength ?? 0)
}

function passthruCommand(command: AdminCommand, data: Uint8Array): Buffer {
  const { cdw10, cdw11, cdw12, cdw13, cdw14 } = command
  const bytes = Buffer.alloc(PASSTHRU_BYTES)
  bytes.writeUInt8(command.opcode, AT.opcode)
  bytes.writeUInt32LE(command.nsid ?? 0, AT.nsid)
  if (data.length > 0) bytes.writeBigUInt64LE(libc().address(data), AT.address)
  bytes.writeUInt32LE(data.length, AT.dataLength)
  bytes.writeUInt32LE(command.timeoutMs ?? 0, AT.timeout)
  for (const [n, dword] of [cdw10, cdw11, cdw12, cdw13, cdw14].entries())
    bytes.writeUInt32LE(dword ?? 0, AT.cdw10 + 4 * n)
  return bytes
}
