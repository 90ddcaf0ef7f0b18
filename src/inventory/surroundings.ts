/** What a view needs besides its own row, read once for a page however many rows it has. */
import type { FlexibleResources } from '../nvme/secondary-controller.ts'
import type { ControllerRow, NamespaceRow, VirtualFunctionRow } from '../store/rows.ts'
import { allPages } from '../store/all-pages.ts'
import type { StoreReader } from '../store/store.ts'
import { driftView, type DriftView } from './drift/drift-view.ts'

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
  // Of each table only what a view asks for: a page has the functions of many hosts, and a host hundreds of them.
  const controllersOf = once((hostId) =>
    allPages((page) => read.controllers({ hostId }, page))
  )
  const virtualFunctionsOf = once((hostId) =>
    allPages((page) => read.virtualFunctions({ hostId }, page))
  )
  const namespacesOf = once((hostId) =>
    allPages((page) => read.namespaces({ hostId }, page))
  )
  const driftOfHost = once((hostId) => read.driftOf(hostId))
  return {
    driftOf: (hostId, functionId) =>
      changing(functionId) === null
        ? driftOfHost(hostId)
            .filter((row) => row.functionId === functionId)
            .map(driftView)
        : [],
    controller: (hostId, id) => controllersOf(hostId).find((row) => row.id === id),
    controllers: controllersOf,
    virtualFunctions: virtualFunctionsOf,
    namespaces: namespacesOf,
    assignmentOf: (functionId) => read.standingAssignment(functionId)?.id ?? null,
    changing,
    pendingPrimary,
    observedAt: (row) => read.host(row.hostId)?.observedAt ?? row.observedAt,
  }
}

function once<T>(read: (hostId: string) => Iterable<T>): (hostId: string) => readonly T[] {
  const byHost = new Map<string, readonly T[]>()
  return (hostId) => {
    const rows = byHost.get(hostId) ?? [...read(hostId)]
    byHost.set(hostId, rows)
    return rows
  }
}
