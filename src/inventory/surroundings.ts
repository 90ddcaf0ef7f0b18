/** What a view needs besides its own row, read once for a page however many rows it has. */
import type { FlexibleResources } from '../nvme/secondary-controller.ts'
import type { ControllerRow, NamespaceRow, VirtualFunctionRow } from '../store/rows.ts'
import type { StoreReader } from '../store/store.ts'
import { driftView, type DriftView } from './drift/drift-view.ts'
import type { InHand } from './in-hand.ts'

export type Surroundings = {
  readonly controller: (hostId: string, id: string) => ControllerRow | undefined
  readonly controllers: (hostId: string) => readonly ControllerRow[]
  readonly virtualFunctions: (hostId: string) => readonly VirtualFunctionRow[]
  readonly namespaces: (hostId: string) => readonly NamespaceRow[]
  readonly assignmentOf: (hostId: string, functionId: string) => string | null
  readonly changing: (functionId: string) => string | null
  /** What was allocated to a primary and waits for its reset. */
  readonly pendingPrimary: (controllerId: string) => FlexibleResources | null
  /** Of a function that no operation decides about. */
  readonly driftOf: (hostId: string, functionId: string) => readonly DriftView[]
  /** When a row was last confirmed: rows that did not change are not written again. */
  readonly observedAt: (row: {
    readonly hostId: string
    readonly observedAt: string
  }) => string
}

type OfOperations = Pick<Surroundings, 'changing' | 'pendingPrimary'> & {
  readonly inHand: (functionId: string) => InHand
}

export function surroundings(
  read: StoreReader,
  { changing, inHand, pendingPrimary }: OfOperations
): Surroundings {
  const observedAtOf = once(read.observedAtOf)
  return {
    driftOf: (hostId, functionId) =>
      inHand(functionId) === 'all'
        ? []
        : read
            .keptInventoryOf(hostId)
            .drift.filter((row) => row.functionId === functionId)
            .map(driftView),
    controller: (hostId, id) =>
      read.keptInventoryOf(hostId).controllers.find((row) => row.id === id),
    controllers: (hostId) => read.keptInventoryOf(hostId).controllers,
    virtualFunctions: (hostId) => read.keptInventoryOf(hostId).virtualFunctions,
    namespaces: (hostId) => read.keptInventoryOf(hostId).namespaces,
    assignmentOf: (hostId, functionId) =>
      read
        .keptInventoryOf(hostId)
        .assignments.findLast((row) => row.functionId === functionId)?.id ?? null,
    changing,
    pendingPrimary,
    observedAt: (row) => observedAtOf(row.hostId) ?? row.observedAt,
  }
}

function once<T>(read: (hostId: string) => T): (hostId: string) => T {
  const byHost = new Map<string, T>()
  return (hostId) => {
    const known = byHost.get(hostId)
    if (known !== undefined) return known
    const value = read(hostId)
    byHost.set(hostId, value)
    return value
  }
}
