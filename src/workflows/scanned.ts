/** What a workflow did, or put back, is in the inventory before anybody is told of its end. */
import { SYSTEM } from '../access/caller.ts'
import { ControlPlaneError } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'

type Scans = Pick<Inventory, 'rescan'>

/** A host that went away in this very moment does not undo what was done: the next round of scans will see it. */
export async function scanned(inventory: Scans, hostId: string): Promise<boolean> {
  try {
    await inventory.rescan(SYSTEM, hostId)
    return true
  } catch (error) {
    if (!(error instanceof ControlPlaneError)) throw error
    return false
  }
}

/** Of what was put back, whatever goes wrong in the scan: the next round meets it too, and says so. */
export async function scannedIfItCan(inventory: Scans, hostId: string): Promise<void> {
  await scanned(inventory, hostId).catch(() => false)
}
