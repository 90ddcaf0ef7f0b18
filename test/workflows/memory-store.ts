/**
 * A store in memory, for the hundreds of runs of a contract: transactions are all or nothing, values cross as JSON, and
 * a stale fence is refused, as on the disk. What SQL does is tested in test/store; the main job here runs on both.
 */
import { isDeepStrictEqual } from 'node:util'
import { admitEntry } from '../../src/saga/admit-entry.ts'
import { applyEntry } from '../../src/saga/apply-entry.ts'
import type { EventRow } from '../../src/store/rows.ts'
import {
  IdempotencyTaken,
  type CommitResult,
  type Store,
  type StoreWrite,
} from '../../src/store/store.ts'
import { readerOf, type Tables } from './memory-reader.ts'

export function memoryStore(): Store {
  let tables: Tables = {
    hosts: new Map(),
    controllers: new Map(),
    virtualFunctions: new Map(),
    namespaces: new Map(),
    assignments: new Map(),
    drifts: new Map(),
    healings: new Map(),
    policies: new Map(),
    operations: new Map(),
    plans: new Map(),
    keys: new Map(),
    digests: new Map(),
    events: [],
  }
  const listeners = new Set<(events: readonly EventRow[]) => void>()
  return {
    read: readerOf(() => tables),
    startWriting: () => Promise.resolve(),
    commit: (writes) =>
      Promise.resolve().then(() => {
        const before = tables.events.length
        const { after, fence } = applied(tables, writes)
        tables = after
        const told = tables.events.slice(before)
        if (told.length > 0) for (const listener of listeners) listener(told)
        const result: CommitResult = { events: told.map(({ number }) => number), fence }
        return result
      }),
    onEvents: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => Promise.resolve(),
  }
}

function applied(tables: Tables, writes: readonly StoreWrite[]) {
  const maps = {
    hosts: new Map(tables.hosts),
    controllers: new Map(tables.controllers),
    virtualFunctions: new Map(tables.virtualFunctions),
    namespaces: new Map(tables.namespaces),
    assignments: new Map(tables.assignments),
    drifts: new Map(tables.drifts),
    healings: new Map(tables.healings),
    policies: new Map(tables.policies),
    operations: new Map(tables.operations),
    plans: new Map(tables.plans),
    keys: new Map(tables.keys),
    digests: new Map(tables.digests),
  }
  const events = [...tables.events]
  let fence: number | null = null
  for (const write of writes) fence = apply({ ...maps, events }, asJson(write)) ?? fence
  return { after: { ...maps, events }, fence }
}

type Writable = Omit<Tables, 'events'> & { readonly events: EventRow[] }

function apply(to: Writable, write: StoreWrite): number | null {
  switch (write.write) {
    case 'putHost': {
      const { id, bootId } = write.row
      const { driftPolicy, settledBootId, unrestored } = to.hosts.get(id) ?? {
        driftPolicy: 'report' as const,
        settledBootId: bootId,
        unrestored: 0,
      }
      to.hosts.set(id, { ...write.row, driftPolicy, settledBootId, unrestored })
      return null
    }
    case 'settleHost': {
      const { hostId, bootId, unrestored } = write
      const row = existing(to.hosts, hostId)
      to.hosts.set(hostId, { ...row, settledBootId: bootId, unrestored })
      return null
    }
    case 'setDriftPolicy': {
      const row = existing(to.hosts, write.hostId)
      to.hosts.set(write.hostId, { ...row, driftPolicy: write.policy })
      return null
    }
    case 'putDrift':
      to.drifts.set(`${write.row.functionId} ${write.row.kind}`, write.row)
      return null
    case 'deleteDrift':
      to.drifts.delete(`${write.functionId} ${write.kind}`)
      return null
    case 'putHealing':
      to.healings.set(write.row.functionId, write.row)
      return null
    case 'deleteHealing':
      to.healings.delete(write.functionId)
      return null
    case 'forgetTakenVf': {
      const row = existing(to.controllers, write.controllerId)
      const { takenVfs } = row.observation
      if (!takenVfs?.includes(write.vfNumber)) return null
      const left = takenVfs.filter((vfNumber) => vfNumber !== write.vfNumber)
      to.controllers.set(row.id, {
        ...row,
        observation: { ...row.observation, takenVfs: left },
      })
      return null
    }
    case 'putVirtualFunctionPolicy':
      to.policies.set(write.row.controllerId, write.row)
      return null
    case 'deleteVirtualFunctionPolicy':
      to.policies.delete(write.controllerId)
      return null
    case 'reconcile':
      reconcile(to, write)
      return null
    case 'confirmScan':
      for (const { controllerId, health } of write.health) {
        const row = existing(to.controllers, controllerId)
        const controller = row.observation.controller && {
          ...row.observation.controller,
          health,
        }
        if (isDeepStrictEqual(row.observation.controller, controller)) continue
        const observation = { ...row.observation, controller }
        const { observedAt } = write
        to.controllers.set(row.id, {
          ...row,
          observation,
          lastController: controller,
          observedAt,
        })
      }
      return null
    case 'setSriovBefore': {
      const row = existing(to.controllers, write.controllerId)
      to.controllers.set(row.id, { ...row, sriovBefore: write.before })
      to.digests.delete(row.hostId)
      return null
    }
    case 'setProvisioned': {
      const row = existing(to.virtualFunctions, write.virtualFunctionId)
      to.virtualFunctions.set(row.id, { ...row, provisioned: write.provisioned })
      to.digests.delete(row.hostId)
      return null
    }
    case 'putAssignment':
      to.assignments.set(write.row.id, write.row)
      to.digests.delete(write.row.hostId)
      return null
    case 'updateAssignment': {
      const row = existing(to.assignments, write.id)
      to.assignments.set(row.id, { ...row, ...write.set, updatedAt: write.at })
      to.digests.delete(row.hostId)
      return null
    }
    case 'putPlan':
      to.plans.set(write.row.id, write.row)
      return null
    case 'appendEvent':
      to.events.push({ ...write.event, number: to.events.length + 1 })
      return null
    case 'createOperation':
      to.operations.set(write.operation.id, write.operation)
      return null
    case 'logOperation': {
      const record = existing(to.operations, write.entry.operationId)
      admitEntry(record, write.entry)
      to.operations.set(record.id, applyEntry(record, write.entry))
      return null
    }
    case 'takeOverOperation':
      return takeOver(to, write)
    case 'putIdempotencyKey': {
      const key = `${write.tenant}\0${write.key}`
      if (to.keys.has(key)) throw new IdempotencyTaken(write.key)
      to.keys.set(key, { ...write, answer: null })
      return null
    }
    case 'settleIdempotencyKey': {
      const key = `${write.tenant}\0${write.key}`
      const known = existing(to.keys, key)
      if (write.answer === null) to.keys.delete(key)
      else to.keys.set(key, { ...known, answer: write.answer })
      return null
    }
  }
}

function reconcile(
  to: Writable,
  write: Extract<StoreWrite, { readonly write: 'reconcile' }>
): void {
  for (const row of write.controllers) {
    const sriovBefore = to.controllers.get(row.id)?.sriovBefore ?? null
    to.controllers.set(row.id, { ...row, sriovBefore })
  }
  for (const row of write.virtualFunctions) {
    const provisioned = to.virtualFunctions.get(row.id)?.provisioned ?? null
    to.virtualFunctions.set(row.id, { ...row, provisioned })
  }
  for (const row of write.namespaces) to.namespaces.set(row.id, row)
  const rows = [...write.controllers, ...write.virtualFunctions, ...write.namespaces]
  for (const { hostId } of rows) to.digests.delete(hostId)
  if (write.digest) to.digests.set(write.digest.hostId, write.digest)
}

function takeOver(
  to: Writable,
  write: Extract<StoreWrite, { readonly write: 'takeOverOperation' }>
): number | null {
  const record = existing(to.operations, write.id)
  if (record.owner !== write.owner && record.leaseUntilMs > write.nowMs) return null
  const { owner, leaseUntilMs } = write
  const fence = record.fence + 1
  to.operations.set(record.id, { ...record, owner, leaseUntilMs, fence })
  return fence
}

function existing<Row>(rows: ReadonlyMap<string, Row>, id: string): Row {
  const row = rows.get(id)
  if (!row) throw new Error(`no row ${id}`)
  return row
}

/** As the disk gives it back. */
function asJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}
