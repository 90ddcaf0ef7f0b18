/**
 * A saga log in memory that outlives the engines using it, as the disk outlives a process. `connect` is one process's
 * way to it: killed, everything that it has asked for and not yet got never comes back.
 */
import { admitEntry } from '../../src/saga/admit-entry.ts'
import { applyEntry } from '../../src/saga/apply-entry.ts'
import type { LogEntry, SagaLog } from '../../src/saga/log.ts'
import type { OperationRecord } from '../../src/saga/operation.ts'
import { isTerminal } from '../../src/saga/operation.ts'

export interface MemoryLog<W> {
  readonly operations: Map<string, OperationRecord>
  readonly writes: W[]
  /** In the order in which they became durable. */
  readonly entries: LogEntry[]
  /** Called before and after each write takes effect: where a process can be killed, or a disk be full. */
  around: (
    when: 'before' | 'after',
    entry: LogEntry | undefined,
    writes: readonly W[]
  ) => void
  readonly connect: () => { readonly log: SagaLog<W>; readonly kill: () => void }
}

export function memoryLog<W>(): MemoryLog<W> {
  const memory: MemoryLog<W> = {
    operations: new Map(),
    writes: [],
    entries: [],
    around: () => {},
    connect: () => connect(memory),
  }
  return memory
}

function connect<W>(memory: MemoryLog<W>): ReturnType<MemoryLog<W>['connect']> {
  const { operations } = memory
  let killed = false
  const alive = async <T>(work: () => T): Promise<T> => {
    if (killed) return never()
    const result = work()
    await Promise.resolve()
    return killed ? never() : result
  }

  function commit(
    entry: LogEntry | undefined,
    writes: readonly W[],
    apply: () => void
  ): void {
    memory.around('before', entry, writes)
    if (killed) return
    apply()
    if (entry) memory.entries.push(entry)
    memory.writes.push(...writes)
    memory.around('after', entry, writes)
  }

  const log: SagaLog<W> = {
    create: (operation, writes) =>
      alive(() => commit(undefined, writes, () => operations.set(operation.id, operation))),
    append: (entry, writes) =>
      alive(() =>
        commit(entry, writes, () => {
          const record = existing(operations, entry.operationId)
          admitEntry(record, entry)
          operations.set(record.id, applyEntry(record, entry))
        })
      ),
    loadOpen: () => alive(() => openInOrderOfIds(operations)),
    load: (id) => alive(() => operations.get(id)),
    takeOver: (id, owner, leaseUntilMs, nowMs) =>
      alive(() => {
        const record = existing(operations, id)
        if (record.owner !== owner && record.leaseUntilMs > nowMs) return undefined
        const fence = record.fence + 1
        operations.set(id, { ...record, owner, leaseUntilMs, fence })
        return fence
      }),
  }
  return { log, kill: () => void (killed = true) }
}

export function never<T>(): Promise<T> {
  return new Promise(() => {})
}

function existing(operations: Map<string, OperationRecord>, id: string): OperationRecord {
  const record = operations.get(id)
  if (record === undefined) throw new Error(`no operation ${id}`)
  return record
}

function openInOrderOfIds(
  operations: Map<string, OperationRecord>
): readonly OperationRecord[] {
  return [...operations.values()]
    .filter(({ state }) => !isTerminal(state))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
