/**
 * What was told of drift, so that each difference is told when it appears and when it goes, and never between. The store
 * has it over restarts; here it is as it will be when what is under way is stored.
 */
import { isDeepStrictEqual } from 'node:util'
import { SYSTEM } from '../../access/caller.ts'
import { eventWrite } from '../../events/events.ts'
import type { DriftRow } from '../../store/rows.ts'
import type { StoreReader, StoreWrite } from '../../store/store.ts'
import type { Drift } from './drift.ts'
import { REMEDIES } from './remedies.ts'

export interface DriftLedger {
  /**
   * The writes by which rows and events follow what was found.
   *
   * @param isChanging of what an operation may change nothing is told: neither that it differs nor that it does not
   */
  readonly note: (hostId: string, found: Found) => readonly StoreWrite[]
  /** The writes were not stored. */
  readonly forget: (hostId: string) => void
}

export type Found = {
  readonly drift: readonly Drift[]
  readonly isChanging: (drift: Pick<Drift, 'functionId' | 'kind'>) => boolean
  readonly at: string
}

export function driftLedger(read: Pick<StoreReader, 'driftOf'>): DriftLedger {
  const byHost = new Map<string, ReadonlyMap<string, DriftRow>>()
  return {
    note: (hostId, found) => {
      const told = byHost.get(hostId) ?? byKey(read.driftOf(hostId))
      const { rows, writes } = follow(told, found)
      byHost.set(hostId, rows)
      return writes
    },
    forget: (hostId) => void byHost.delete(hostId),
  }
}

/** Pure. */
export function follow(
  told: ReadonlyMap<string, DriftRow>,
  { drift, isChanging, at }: Found
): {
  readonly rows: ReadonlyMap<string, DriftRow>
  readonly writes: readonly StoreWrite[]
} {
  const rows = new Map(told)
  const writes: StoreWrite[] = []
  const found = new Map(drift.map((one) => [keyOf(one), one]))
  for (const [key, row] of told) {
    if (found.has(key) || isChanging(row)) continue
    rows.delete(key)
    const { functionId, kind } = row
    writes.push({ write: 'deleteDrift', functionId, kind }, resolved(row, at))
  }
  for (const [key, one] of found) {
    const known = told.get(key)
    const row = { ...one, since: known?.since ?? at }
    if (isChanging(one) || isDeepStrictEqual(known, row)) continue
    rows.set(key, row)
    writes.push({ write: 'putDrift', row }, ...(known ? [] : [appeared(row)]))
  }
  return { rows, writes }
}

function byKey(rows: readonly DriftRow[]): ReadonlyMap<string, DriftRow> {
  return new Map(rows.map((row) => [keyOf(row), row]))
}

function keyOf({ functionId, kind }: Drift): string {
  return `${functionId} ${kind}`
}

function appeared(row: DriftRow): StoreWrite {
  const { kind, expected, found, since } = row
  const detail = { kind, expected, found, remedy: REMEDIES[kind] }
  const type = `${RESOURCE[row.functionKind]}.drift-appeared` as const
  return eventWrite({ type, ...of(row), detail, at: since })
}

function resolved(row: DriftRow, at: string): StoreWrite {
  const { kind, expected, found, since } = row
  const detail = { kind, expected, found, since }
  const type = `${RESOURCE[row.functionKind]}.drift-resolved` as const
  return eventWrite({ type, ...of(row), detail, at })
}

const RESOURCE = { controller: 'controller', virtualFunction: 'virtual-function' } as const

function of({ hostId, functionKind, functionId, tenant }: DriftRow) {
  const subject = { kind: functionKind, id: functionId }
  return { hostId, subject, actor: SYSTEM.actor, tenant, operationId: null }
}
