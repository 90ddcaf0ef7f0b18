/** The rows as they will be once the writes of a plan's steps are made; nothing is written. */
import { rowsForViews } from '../../store/kept-inventory.ts'
import type { AssignmentRow, ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Store, StoreReader, StoreWrite } from '../../store/store.ts'

export interface ForeseenStore {
  readonly store: Store
  /** What steps do not read again is not kept. */
  readonly note: (writes: readonly StoreWrite[]) => void
  /** The same rows, to be changed by themselves from now on. */
  readonly fork: () => ForeseenStore
}

type Rows = {
  readonly sriovBefore: Map<string, ControllerRow['sriovBefore']>
  readonly provisioned: Map<string, VirtualFunctionRow['provisioned']>
  readonly assignments: Map<string, AssignmentRow>
}

export function foreseenStore(store: Store): ForeseenStore {
  return over(store, {
    sriovBefore: new Map(),
    provisioned: new Map(),
    assignments: new Map(),
  })
}

function over(store: Store, rows: Rows): ForeseenStore {
  return {
    store: {
      ...store,
      read: readerOf(store.read, rows),
      commit: () => Promise.reject(new Error('a plan writes nothing')),
    },
    note: (writes) => {
      for (const write of writes) noteOne(store.read, rows, write)
    },
    fork: () =>
      over(store, {
        sriovBefore: new Map(rows.sriovBefore),
        provisioned: new Map(rows.provisioned),
        assignments: new Map(rows.assignments),
      }),
  }
}

function noteOne(read: StoreReader, rows: Rows, write: StoreWrite): void {
  if (write.write === 'setSriovBefore') {
    rows.sriovBefore.set(write.controllerId, write.before)
  } else if (write.write === 'setProvisioned') {
    rows.provisioned.set(write.virtualFunctionId, write.provisioned)
  } else if (write.write === 'putAssignment') {
    rows.assignments.set(write.row.id, write.row)
  } else if (write.write === 'updateAssignment') {
    const row = rows.assignments.get(write.id) ?? read.assignment(null, write.id)
    if (row) rows.assignments.set(row.id, { ...row, ...write.set, updatedAt: write.at })
  }
}

function readerOf(read: StoreReader, rows: Rows): StoreReader {
  const controller = (row: ControllerRow): ControllerRow => {
    const sriovBefore = rows.sriovBefore.get(row.id)
    return sriovBefore === undefined ? row : { ...row, sriovBefore }
  }
  const virtualFunction = (row: VirtualFunctionRow): VirtualFunctionRow => {
    const provisioned = rows.provisioned.get(row.id)
    return provisioned === undefined ? row : { ...row, provisioned }
  }
  const inventoryOf = (hostId: string) => {
    const { controllers, virtualFunctions, namespaces } = read.inventoryOf(hostId)
    return {
      controllers: controllers.map(controller),
      virtualFunctions: virtualFunctions.map(virtualFunction),
      namespaces,
    }
  }
  return {
    ...read,
    controller: (id) => ifThere(read.controller(id), controller),
    virtualFunction: (id) => ifThere(read.virtualFunction(id), virtualFunction),
    inventoryOf,
    keptInventoryOf: (hostId) => rowsForViews({ ...read, inventoryOf }, hostId),
    assignment: (tenant, id) => {
      const row = rows.assignments.get(id)
      if (!row) return read.assignment(tenant, id)
      return tenant === null || row.tenant === tenant ? row : undefined
    },
    standingAssignment: (functionId) => {
      const foreseen = [...rows.assignments.values()]
        .filter(({ state }) => state !== 'released' && state !== 'failed')
        .find((row) => row.functionId === functionId)
      const now = read.standingAssignment(functionId)
      return foreseen ?? (now && rows.assignments.has(now.id) ? undefined : now)
    },
  }
}

function ifThere<Row>(row: Row | undefined, change: (row: Row) => Row): Row | undefined {
  return row && change(row)
}
