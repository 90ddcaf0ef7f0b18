/** After a start: the operations that a former process left open. */
import type { Clock } from '../clock.ts'
import type { Journal } from './journal.ts'
import type { SagaLog } from './log.ts'
import type { OperationRecord } from './operation.ts'
import { toOperationError } from './operation-error.ts'
import { isUnderWay } from './operation-run.ts'
import type { Plan, WorkflowBook } from './workflow-book.ts'

export type TakeOverOptions<W> = {
  readonly log: SagaLog<W>
  readonly book: WorkflowBook<W>
  readonly clock: Clock
  readonly owner: string
  readonly leaseMs: number
  readonly takeOverAll: boolean
  readonly journalOf: (record: OperationRecord) => Journal<W>
}

export type TakenOver<W> = { readonly record: OperationRecord; readonly plan: Plan<W> }

export type TakeOver<W> = {
  readonly taken: readonly OperationRecord[]
  /**
   * Those that can go on, in the order in which their locks are to be asked for: who is under way holds its locks and may
   * be half-way, so it goes before who was only waiting; who was stuck, and is tried again, held none.
   */
  readonly runnable: readonly TakenOver<W>[]
  /** When the first lease of those that somebody may still be running ends; undefined: there are none. */
  readonly nextLeaseMs: number | undefined
}

/** @param isHere operations that run in this process already */
export async function takeOverOpen<W>(
  options: TakeOverOptions<W>,
  isHere: (id: string) => boolean
): Promise<TakeOver<W>> {
  const open = (await options.log.loadOpen()).filter(({ id }) => !isHere(id))
  const results = await Promise.all(open.map((record) => takeOver(options, record)))
  const taken = results.filter((record) => record !== undefined)
  const leases = open
    .filter((_, at) => results[at] === undefined)
    .map((r) => r.leaseUntilMs)

  const runnable = await Promise.all(taken.map((record) => planOrStuck(options, record)))
  return {
    taken,
    runnable: runnable
      .filter((one) => one !== undefined)
      .toSorted((a, b) => placeOf(a.record) - placeOf(b.record)),
    nextLeaseMs: leases.length === 0 ? undefined : Math.min(...leases),
  }
}

function placeOf(record: OperationRecord): number {
  if (isUnderWay(record)) return 0
  return record.retried ? 2 : 1
}

async function takeOver<W>(
  { log, clock, owner, leaseMs, takeOverAll }: TakeOverOptions<W>,
  { id }: OperationRecord
): Promise<OperationRecord | undefined> {
  const now = clock.nowMs()
  const asOfMs = takeOverAll ? Number.MAX_SAFE_INTEGER : now
  const fence = await log.takeOver(id, owner, now + leaseMs, asOfMs)
  // Read again: until this moment the former owner could still write.
  return fence === undefined ? undefined : log.load(id)
}

/** Without code for it there are no hooks to run either: the record alone says what is needed. */
async function planOrStuck<W>(
  { book, journalOf }: TakeOverOptions<W>,
  record: OperationRecord
): Promise<TakenOver<W> | undefined> {
  try {
    return { record, plan: book.planOf(record) }
  } catch (thrown) {
    const error = toOperationError('resume', thrown)
    await journalOf(record).append({ state: 'stuck', error, blocked: null, waitsFor: [] })
    return undefined
  }
}
