/**
 * Rows of hosts that were asked for of late, kept until something of them is written: a page of views needs those of dozens of
 * hosts, and to read and parse them costs more than all else of an answer. Only for views: what decides about a host reads
 * the database.
 */
import { hostIdsOf } from './inventory-writes.ts'
import type { StoreReader, StoreWrite } from './store.ts'

type Inventory = ReturnType<StoreReader['inventoryOf']>

export interface KeptInventory {
  readonly of: (hostId: string) => Inventory
  /** Told of what is durable, before whoever wrote it is. */
  readonly written: (writes: readonly StoreWrite[]) => void
}

/** Rows of all hosts together: some tens of MB. */
const ROOM = 16_384

/** @param inventoryOf reads them */
export function keptInventory(inventoryOf: StoreReader['inventoryOf']): KeptInventory {
  /** The one that was asked for last is the last. */
  const kept = new Map<string, Inventory>()
  const hostOf = new Map<string, string>()
  let size = 0

  function keep(hostId: string, inventory: Inventory): void {
    kept.set(hostId, inventory)
    for (const { id } of namedAlone(inventory)) hostOf.set(id, hostId)
    size += sizeOf(inventory)
    for (const oldest of kept.keys()) {
      if (size <= ROOM || oldest === hostId) return
      forget(oldest)
    }
  }

  function forget(hostId: string | undefined): void {
    const inventory = hostId === undefined ? undefined : kept.get(hostId)
    if (hostId === undefined || inventory === undefined) return
    kept.delete(hostId)
    for (const { id } of namedAlone(inventory)) hostOf.delete(id)
    size -= sizeOf(inventory)
  }

  function forgetWritten(write: StoreWrite): void {
    if (write.write === 'reconcile') hostIdsOf(write).forEach(forget)
    else if (write.write === 'confirmScan')
      for (const { controllerId } of write.health) forget(hostOf.get(controllerId))
    else if (write.write === 'setSriovBefore') forget(hostOf.get(write.controllerId))
    else if (write.write === 'setProvisioned') forget(hostOf.get(write.virtualFunctionId))
  }

  return {
    of: (hostId) => {
      const known = kept.get(hostId)
      if (known) {
        kept.delete(hostId)
        kept.set(hostId, known)
        return known
      }
      const inventory = inventoryOf(hostId)
      keep(hostId, inventory)
      return inventory
    },
    written: (writes) => writes.forEach(forgetWritten),
  }
}

/** Rows that writes name without their host. */
function namedAlone({ controllers, virtualFunctions }: Inventory) {
  return [...controllers, ...virtualFunctions]
}

function sizeOf({ controllers, virtualFunctions, namespaces }: Inventory): number {
  return 1 + controllers.length + virtualFunctions.length + namespaces.length
}
