/** What a view needs besides its own row, read once for a page however many rows it has. */
import type { FlexibleResources } from '../nvme/secondary-controller.ts'
import type {
  ControllerRow,
  DriftRow,
  NamespaceRow,
  VirtualFunctionRow,
} from '../store/rows.ts'
import type { StoreReader } from '../store/store.ts'
import { driftView, type DriftView } from './drift/drift-view.ts'
import type { InventoryRows } from './scanned-row.ts'

export type Surroundings = {
  readonly controller: (hostId: string, id: string) => ControllerRow | undefined
  readonly controllers: (hostId: string) => readonly ControllerRow[]
  readonly virtualFunctions: (hostId: string) => readonly VirtualFunctionRow[]
  readonly namespaces: (hostId: string) => readonly NamespaceRow[]
  readonly assignmentOf: (functionId: string) => string | null
  readonly changing: (functionId: string) => string | null
  /** What was allocated to a primary and waits for its reset. */
  readonly pendingPrimary: (controllerId: string) => FlexibleResources | null
  /** Of a function that no operation holds. */
  readonly driftOf: (hostId: string, functionId: string) => readonly DriftView[]
  /** When a row was last confirmed: rows that did not change are not written again. */
  readonly observedAt: (row: {
    readonly hostId: string
    readonly observedAt: string
  }) => string
}

export function surroundings(
  read: StoreReader,
  changing: (functionId: string) => string | null,
  pendingPrimary: (controllerId: string) => FlexibleResources | null
): Surroundings {
  const byHost = new Map<string, InventoryRows>()
  const rowsOf = (hostId: string): InventoryRows => {
    const rows = byHost.get(hostId) ?? read.inventoryOf(hostId)
    byHost.set(hostId, rows)
    return rows
  }
  const driftByHost = new Map<string, readonly DriftRow[]>()
  const driftOfHost = (hostId: string): readonly DriftRow[] => {
    const rows = driftByHost.get(hostId) ?? read.driftOf(hostId)
    driftByHost.set(hostId, rows)
    return rows
  }
  return {
    driftOf: (hostId, functionId) =>
      changing(functionId) === null
        ? driftOfHost(hostId)
            .filter((row) => row.functionId === functionId)
            .map(driftView)
        : [],
    controller: (hostId, id) => rowsOf(hostId).controllers.find((row) => row.id === id),
    controllers: (hostId) => rowsOf(hostId).controllers,
    virtualFunctions: (hostId) => rowsOf(hostId).virtualFunctions,
    namespaces: (hostId) => rowsOf(hostId).namespaces,
    assignmentOf: (functionId) => read.standingAssignment(functionId)?.id ?? null,
    changing,
    pendingPrimary,
    observedAt: (row) => read.host(row.hostId)?.observedAt ?? row.observedAt,
  }
}
