/**
 * What a refusal of Virtualization Management says to whoever asked: the names of its statuses say little, and drives give
 * them in more cases than the specification does.
 * Source: NVMe Base 2.1, "Virtualization Management command", "Command Completion"; QEMU hw/nvme/ctrl.c
 * nvme_assign_virt_res_to_sec (0x122 where the pool has too few left).
 */
import { OPCODE, type NvmeAdminCommand } from './admin-commands.ts'
import { STATUS, statusCode } from './status.ts'

/** undefined: the name of the status is all that is known. */
export function statusMeaning(
  { opcode }: NvmeAdminCommand,
  status: number
): string | undefined {
  return opcode === OPCODE.virtualizationManagement
    ? MEANINGS[statusCode(status)]
    : undefined
}

const MEANINGS: Readonly<Record<number, string>> = {
  [STATUS.invalidControllerIdentifier]:
    'The drive has no such secondary controller; some drives say so also of one whose VF is not enabled or has no resources.',
  [STATUS.invalidSecondaryControllerState]:
    'The secondary controller is online where it has to be offline; or it cannot go online, since its VF is not enabled or has too few resources.',
  [STATUS.invalidNumberOfControllerResources]:
    'It is more than one controller may have: VQFRSM or VIFRSM for a VF, VQFRT or VIFRT for the primary itself.',
  [STATUS.invalidResourceIdentifier]:
    'Too few of these resources are free: somebody has been given them since the pool was looked at. Or the drive has none of this kind.',
}
