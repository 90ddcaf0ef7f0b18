/** What is read of a store in memory. */
import { isDeepStrictEqual } from 'node:util'
import { isTerminal, type OperationRecord } from '../../src/saga/operation.ts'
import type {
  AssignmentRow,
  ControllerRow,
  DriftRow,
  EventRow,
  HealingRow,
  HostRow,
  NamespaceRow,
  PlanRow,
  ScanDigestRow,
  VirtualFunctionRow,
} from '../../src/store/rows.ts'
import { heldBy } from '../../src/workflows/open-operations.ts'
import type { RowPlace } from '../../src/store/keyset-page.ts'
import { rowsForViews } from '../../src/store/kept-inventory.ts'
import type { VirtualFunctionPolicyRow } from '../../src/store/policy-row.ts'
import type { KnownKey, Page, PageRequest, StoreReader } from '../../src/store/store.ts'

export type Tables = {
  readonly hosts: Map<string, HostRow>
  readonly controllers: Map<string, ControllerRow>
  readonly virtualFunctions: Map<string, VirtualFunctionRow>
  readonly namespaces: Map<string, NamespaceRow>
  readonly assignments: Map<string, AssignmentRow>
  readonly drifts: Map<string, DriftRow>
  readonly healings: Map<string, HealingRow>
  readonly policies: Map<string, VirtualFunctionPolicyRow>
  readonly operations: Map<string, OperationRecord>
  readonly plans: Map<string, PlanRow>
  readonly keys: Map<string, KnownKey>
  readonly digests: Map<string, ScanDigestRow>
  readonly events: readonly EventRow[]
}

export function readerOf(now: () => Tables): StoreReader {
  const ofTenant = <Row extends { readonly tenant: string }>(tenant: string | null) => {
    return (row: Row) => tenant === null || row.tenant === tenant
  }
  const inventoryOf = (hostId: string) => ({
    controllers: inOrder(now().controllers).filter(has({ hostId })),
    virtualFunctions: inOrder(now().virtualFunctions).filter(has({ hostId })),
    namespaces: inOrder(now().namespaces).filter(has({ hostId })),
  })
  const reader: StoreReader = {
    hosts: (page) => pageOf([...now().hosts.values()], page),
    host: (id) => now().hosts.get(id),
    controllers: ({ hostId }, page) =>
      pageOf([...now().controllers.values()].filter(has({ hostId })), page),
    controller: (id) => now().controllers.get(id),
    healthOf: (hostId) =>
      inOrder(now().controllers)
        .filter(has({ hostId, present: true }))
        .flatMap(({ id, lastController }) =>
          lastController?.health
            ? [{ controllerId: id, health: lastController.health }]
            : []
        ),
    virtualFunctions: ({ hostId, controllerId }, page) =>
      pageOf(
        [...now().virtualFunctions.values()].filter(has({ hostId, controllerId })),
        page
      ),
    virtualFunction: (id) => now().virtualFunctions.get(id),
    namespaces: ({ hostId }, page) =>
      pageOf([...now().namespaces.values()].filter(has({ hostId })), page),
    namespace: (id) => now().namespaces.get(id),
    places: (table, filter, page) => {
      const tables = {
        Controller: now().controllers,
        VirtualFunction: now().virtualFunctions,
        Namespace: now().namespaces,
      }
      const rows: Iterable<RowPlace> = tables[table].values()
      return pageOf([...rows].filter(has(filter)), page)
    },
    inventoryOf,
    keptInventoryOf: (hostId) => rowsForViews(reader, hostId),
    observedAtOf: (id) => now().hosts.get(id)?.observedAt,
    scanDigest: (hostId) => {
      const row = now().digests.get(hostId)
      const count = (rows: ReadonlyMap<string, { readonly hostId: string }>) =>
        [...rows.values()].filter((one) => one.hostId === hostId).length
      return row?.controllers === count(now().controllers) &&
        row.virtualFunctions === count(now().virtualFunctions) &&
        row.namespaces === count(now().namespaces)
        ? row.digest
        : undefined
    },
    assignments: (tenant, page) =>
      pageOf([...now().assignments.values()].filter(ofTenant(tenant)), page),
    assignment: (tenant, id) => {
      const row = now().assignments.get(id)
      return row && ofTenant(tenant)(row) ? row : undefined
    },
    standingAssignment: (functionId) =>
      [...now().assignments.values()].find(
        (row) =>
          row.functionId === functionId && !['released', 'failed'].includes(row.state)
      ),
    standingOnFunctionsOf: (hostId) => {
      const { controllers, virtualFunctions, assignments } = now()
      const functions = [...controllers.values(), ...virtualFunctions.values()]
      const here = new Set(functions.filter(has({ hostId })).map(({ id }) => id))
      return inOrder(assignments)
        .filter(({ functionId }) => here.has(functionId))
        .filter(({ state }) => !['released', 'failed'].includes(state))
    },
    standingAssignmentsOf: (hostId) =>
      [...now().assignments.values()]
        .filter(has({ hostId }))
        .filter(({ state }) => !['released', 'failed'].includes(state)),
    driftOf: (hostId) => [...now().drifts.values()].filter(has({ hostId })),
    healingOf: (hostId) => [...now().healings.values()].filter(has({ hostId })),
    virtualFunctionPolicy: (controllerId) => now().policies.get(controllerId),
    virtualFunctionPolicies: ({ tenant, hostId }, page) => {
      const { policies, controllers } = now()
      const rows = [...policies.values()]
        .filter(ofTenant(tenant))
        .map((row) => ({ ...row, id: row.controllerId }))
        .filter(({ id }) => !hostId || controllers.get(id)?.hostId === hostId)
      const { items, next } = pageOf(rows, page)
      return { items: items.flatMap(({ id }) => policies.get(id) ?? []), next }
    },
    virtualFunctionPoliciesOf: (hostId) => policiesOn(now(), hostId),
    isCaredFor: (hostId) => {
      const { virtualFunctions, assignments, healings } = now()
      const provisioned = [...virtualFunctions.values()].filter((row) => row.provisioned)
      const standing = [...assignments.values()].filter(
        ({ state }) => !['released', 'failed'].includes(state)
      )
      if (policiesOn(now(), hostId).length > 0) return true
      return [...provisioned, ...standing, ...healings.values()].some(has({ hostId }))
    },
    operations: ({ tenant, states }, page) =>
      pageOf(
        [...now().operations.values()]
          .filter(ofTenant(tenant))
          .filter(({ state }) => states?.includes(state) ?? true),
        page
      ),
    operation: (tenant, id) => {
      const record = now().operations.get(id)
      return record && ofTenant(tenant)(record) ? record : undefined
    },
    operationsInOrder: ({ states, workflow }) =>
      [...now().operations.values()]
        .filter(({ state }) => states?.includes(state) ?? true)
        .filter((record) => workflow === undefined || record.workflow === workflow),
    firstSince: (id, { exclusive, shared }) => {
      const all = [...now().operations.values()]
      const since = all.slice(all.findIndex((record) => record.id === id) + 1)
      const isAmong = (ids: readonly string[]) => (held: string) => ids.includes(held)
      return since.find(({ state, params }) => {
        const { holds } = heldBy(params)
        return (
          state !== 'undone' &&
          (holds.exclusive.some(isAmong([...exclusive, ...shared])) ||
            holds.shared.some(isAmong(exclusive)))
        )
      })
    },
    openOperations: () =>
      [...now().operations.values()].filter(({ state }) => !isTerminal(state)),
    plan: (tenant, id) => {
      const row = now().plans.get(id)
      return row && ofTenant(tenant)(row) ? row : undefined
    },
    events: (tenant, after, limit) =>
      now()
        .events.filter(ofTenant(tenant))
        .filter(({ number }) => number > after)
        .slice(0, limit),
    lastEventNumber: () => now().events.length,
    idempotencyKey: (tenant, key) => now().keys.get(`${tenant}\0${key}`),
  }
  return reader
}

function policiesOn({ policies, controllers }: Tables, hostId: string) {
  return [...policies.values()]
    .filter(({ controllerId }) => controllers.get(controllerId)?.hostId === hostId)
    .toSorted((a, b) => (a.controllerId < b.controllerId ? -1 : 1))
}

function has<Row extends object>(wanted: object): (row: Row) => boolean {
  const fields = Object.entries(wanted).filter(([, value]) => value !== undefined)
  return (row) => {
    const known = new Map<string, unknown>(Object.entries(row))
    return fields.every(([name, value]) => isDeepStrictEqual(known.get(name), value))
  }
}

/** As the disk gives them. */
function inOrder<Row extends { readonly id: string }>(
  rows: ReadonlyMap<string, Row>
): readonly Row[] {
  return [...rows.values()].toSorted(byId)
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1
}

function pageOf<Row extends { readonly id: string }>(
  rows: readonly Row[],
  { after, limit }: PageRequest
): Page<Row> {
  const rest = rows.toSorted(byId).filter(({ id }) => after === null || id > after)
  const items = rest.slice(0, limit)
  return { items, next: rest.length > limit ? (items.at(-1)?.id ?? null) : null }
}
