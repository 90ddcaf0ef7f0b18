/** What a workflow did, or put back, is in the inventory before anybody is told of its end. */
import { SYSTEM } from '../access/caller.ts'
import { ControlPlaneError } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'

/** A host that went away in this very moment does not undo what was done: the next round of scans will see it. */
export async function scanned(
  inventory: Pick<Inventory, 'rescan'>,
  hostId: string
): Promise<{ readonly output: { readonly rescanned: boolean } }> {
  try {
    await inventory.rescan(SYSTEM, hostId)
    return { output: { rescanned: true } }
  } catch (error) {
    if (!(error instanceof ControlPlaneError)) throw error
    return { output: { rescanned: false } }
  }
}
