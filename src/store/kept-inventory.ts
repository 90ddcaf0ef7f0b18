/**
 * Rows of hosts that were asked for of late, kept until something of them is written: a page of views needs those of dozens of
 * hosts, and to read and parse them costs more than all else of an answer. Only for views: what decides about a host reads
 * the database.
 */
import { hostIdsOf } from './inventory-writes.ts'
import type { KeptRows, StoreReader, StoreWrite } from './store.ts'

export interface KeptInventory {
  readonly of: (hostId: string) => KeptRows
  /** Told of what is durable, before whoever wrote it is. */
  readonly written: (writes: readonly StoreWrite[]) => void
}

/** Rows of all hosts together: some tens of MB. */
const ROOM = 16_384

type Read = Pick<StoreReader, 'assignment'> & {
  readonly rowsOf: (hostId: string) => KeptRows
}

export function keptInventory(read: Read): KeptInventory {
  /** The one that was asked for last is the last. */
  const kept = new Map<string, KeptRows>()
  const hostOf = new Map<string, string>()
  let size = 0

  function keep(hostId: string, rows: KeptRows): void {
    kept.set(hostId, rows)
    for (const { id } of namedAlone(rows)) hostOf.set(id, hostId)
    size += sizeOf(rows)
    for (const oldest of kept.keys()) {
      if (size <= ROOM || oldest === hostId) return
      forget(oldest)
    }
  }

  function forget(hostId: string | undefined): void {
    const rows = hostId === undefined ? undefined : kept.get(hostId)
    if (hostId === undefined || rows === undefined) return
    kept.delete(hostId)
    // A function that has moved is another host's by now.
    for (const { id } of namedAlone(rows)) if (hostOf.get(id) === hostId) hostOf.delete(id)
    size -= sizeOf(rows)
  }

  function hostsOf(write: StoreWrite): readonly (string | undefined)[] {
    if (write.write === 'reconcile')
      return [...hostIdsOf(write), ...namedAlone(write).map(({ id }) => hostOf.get(id))]
    if (write.write === 'confirmScan')
      return write.health.map(({ controllerId }) => hostOf.get(controllerId))
    if (write.write === 'setSriovBefore' || write.write === 'forgetTakenVf')
      return [hostOf.get(write.controllerId)]
    if (write.write === 'setProvisioned') return [hostOf.get(write.virtualFunctionId)]
    if (write.write === 'putDrift') return [write.row.hostId]
    // An assignment stays with its function, which may have moved to another host.
    if (write.write === 'putAssignment') return [hostOf.get(write.row.functionId)]
    if (write.write === 'deleteDrift') return [hostOf.get(write.functionId)]
    if (write.write !== 'updateAssignment') return []
    const assignment = read.assignment(null, write.id) // perhaps one that was over
    return assignment ? [hostOf.get(assignment.functionId)] : []
  }

  return {
    of: (hostId) => {
      const known = kept.get(hostId)
      if (known) {
        kept.delete(hostId)
        kept.set(hostId, known)
        return known
      }
      const rows = read.rowsOf(hostId)
      keep(hostId, rows)
      return rows
    },
    written: (writes) => {
      if (!writes.every(isOfOperations)) writes.flatMap(hostsOf).forEach(forget)
    },
  }
}

/** Most transactions are no more than that. */
function isOfOperations({ write }: StoreWrite): boolean {
  return write === 'logOperation' || write === 'createOperation'
}

/** Not of one instant: what is written meanwhile is read again. */
export function rowsForViews(
  read: Pick<StoreReader, 'inventoryOf' | 'driftOf' | 'standingOnFunctionsOf'>,
  hostId: string
): KeptRows {
  return {
    ...read.inventoryOf(hostId),
    drift: read.driftOf(hostId),
    assignments: read.standingOnFunctionsOf(hostId),
  }
}

/** Rows that writes name without their host. */
type NamedAlone = {
  readonly controllers: readonly { readonly id: string }[]
  readonly virtualFunctions: readonly { readonly id: string }[]
}

function namedAlone({ controllers, virtualFunctions }: NamedAlone) {
  return [...controllers, ...virtualFunctions]
}

function sizeOf(rows: KeptRows): number {
  return Object.values(rows).reduce((sum, { length }) => sum + length, 1)
}
