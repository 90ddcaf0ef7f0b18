/**
 * NVMe completion status as Linux and libnvme print it, 15 bits: SC [7:0], SCT [10:8], CRD [12:11], More [13], DNR [14].
 * Only SCT and SC say what went wrong, so every comparison is on these eleven bits.
 * Source: NVMe Base 2.1, "Status Field"; names from Linux include/linux/nvme.h and libnvme src/nvme/types.h.
 */

/** Statuses that a rule of ours looks at. */
export const STATUS = {
  success: 0x000,
  invalidOpcode: 0x001,
  invalidField: 0x002,
  invalidNamespaceOrFormat: 0x00b,
  namespaceAlreadyAttached: 0x118,
  namespaceIsPrivate: 0x119,
  namespaceNotAttached: 0x11a,
  controllerListInvalid: 0x11c,
  invalidControllerIdentifier: 0x11f,
  invalidSecondaryControllerState: 0x120,
  invalidNumberOfControllerResources: 0x121,
  invalidResourceIdentifier: 0x122,
} as const

const CODE_MASK = 0x7ff
const DO_NOT_RETRY = 0x4000
const FIELD_MASK = 0x7fff

/** Status Code Type and Status Code, what comparisons are made with. */
export function statusCode(status: number): number {
  return status & CODE_MASK
}

/** The field without Do Not Retry. */
export function withoutDnr(status: number): number {
  return status & FIELD_MASK & ~DO_NOT_RETRY
}

/** The drive says that the same command will fail again. */
export function isDoNotRetry(status: number): boolean {
  return (status & DO_NOT_RETRY) !== 0
}

/** The specification's name, or type and code in hex where we know none. */
export function statusName(status: number): string {
  const code = statusCode(status)
  return NAMES[code] ?? `Status Code Type ${code >> 8}, Status Code ${hex(code & 0xff)}`
}

const hex = (n: number) => `${n.toString(16).toUpperCase().padStart(2, '0')}h`

const NAMES: Readonly<Record<number, string>> = {
  0x000: 'Successful Completion',
  0x001: 'Invalid Command Opcode',
  0x002: 'Invalid Field in Command',
  0x004: 'Data Transfer Error',
  0x006: 'Internal Error',
  0x007: 'Command Abort Requested',
  0x00b: 'Invalid Namespace or Format',
  0x00c: 'Command Sequence Error',
  0x01c: 'Sanitize Failed',
  0x01d: 'Sanitize In Progress',
  0x020: 'Namespace is Write Protected',
  0x080: 'LBA Out of Range',
  0x081: 'Capacity Exceeded',
  0x082: 'Namespace Not Ready',
  0x083: 'Reservation Conflict',
  0x084: 'Format In Progress',
  0x101: 'Invalid Queue Identifier',
  0x102: 'Invalid Queue Size',
  0x105: 'Asynchronous Event Request Limit Exceeded',
  0x108: 'Invalid Interrupt Vector',
  0x109: 'Invalid Log Page',
  0x10a: 'Invalid Format',
  0x10d: 'Feature Identifier Not Saveable',
  0x10e: 'Feature Not Changeable',
  0x10f: 'Feature Not Namespace Specific',
  0x115: 'Namespace Insufficient Capacity',
  0x116: 'Namespace Identifier Unavailable',
  0x118: 'Namespace Already Attached',
  0x119: 'Namespace Is Private',
  0x11a: 'Namespace Not Attached',
  0x11b: 'Thin Provisioning Not Supported',
  0x11c: 'Controller List Invalid',
  0x11f: 'Invalid Controller Identifier',
  0x120: 'Invalid Secondary Controller State',
  0x121: 'Invalid Number of Controller Resources',
  0x122: 'Invalid Resource Identifier',
  0x124: 'ANA Group Identifier Invalid',
  0x125: 'ANA Attach Failed',
  0x127: 'Namespace Attachment Limit Exceeded',
  0x12b: 'I/O Command Set Combination Rejected',
  0x182: 'Attempted Write to Read Only Range',
  0x183: 'Command Size Limit Exceeded',
  0x280: 'Write Fault',
  0x281: 'Unrecovered Read Error',
  0x282: 'End-to-end Guard Check Error',
  0x283: 'End-to-end Application Tag Check Error',
  0x284: 'End-to-end Reference Tag Check Error',
  0x285: 'Compare Failure',
  0x286: 'Access Denied',
  0x287: 'Deallocated or Unwritten Logical Block',
  // Not from the drive: Linux gives it to a command that it cancelled itself (NVME_SC_HOST_ABORTED_CMD).
  0x371: 'Command Aborted By Host',
}
