/** The last step of a workflow: what it did is in the inventory before anybody is told that it is done. */
import { observe, type Row } from './define-workflow.ts'
import { scanned } from './scanned.ts'

export function rescan(hostId: string): Row {
  return observe('rescan', async ({ inventory }) => ({
    output: { rescanned: await scanned(inventory, hostId) },
  }))
}
