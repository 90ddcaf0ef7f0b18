/** The last step of a workflow: what it did is in the inventory before anybody is told that it is done. */
import { SYSTEM } from '../access/caller.ts'
import { ControlPlaneError } from '../errors.ts'
import { observe, type Row } from './define-workflow.ts'

/** A host that went away in this very moment does not undo what was done: the next round of scans will see it. */
export function rescan(hostId: string): Row {
  return observe('rescan', async ({ inventory }) => {
    try {
      await inventory.rescan(SYSTEM, hostId)
      return { output: { rescanned: true } }
    } catch (error) {
      if (!(error instanceof ControlPlaneError)) throw error
      return { output: { rescanned: false } }
    }
  })
}
