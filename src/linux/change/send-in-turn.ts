/** Several commands to a function's controller, as one change. */
import type { NvmeAdminCommand } from '../../nvme/admin-commands.ts'
import { commandInWords } from '../../nvme/command-words.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { explaining } from '../in-lane.ts'
import type { LaneSession } from '../lane-session.ts'
import { command } from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'

/**
 * The controller's name is looked up for each: it moves with every binding, and another drive may have it by then. The first
 * that is refused is the last that is sent, and the one that the error names.
 *
 * @throws {HostDriverError} nvme-refused, kernel-refused, gone, controller-not-live
 */
export async function sendInTurn(
  session: LaneSession,
  fn: PciAddress,
  commands: readonly NvmeAdminCommand[]
): Promise<void> {
  const { kernel } = session
  for (const sent of commands)
    await explaining(kernel, fn, `${commandInWords(sent)} through ${fn}`, async () =>
      command(session, await liveController(kernel, fn), sent)
    )
}
