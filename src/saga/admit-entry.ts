/**
 * What the log refuses, judged against the record in the transaction that would change it: so that of a wish to cancel and
 * a commit step that come at one instant one is first, for every process that writes. Pure.
 */
import type { LogEntry } from './log.ts'
import { Cancelled, NotNow, StaleFence } from './log.ts'
import type { OperationRecord } from './operation.ts'
import { isTerminal } from './operation.ts'

/** What it is judged by. */
export type Judged = Pick<
  OperationRecord,
  'id' | 'state' | 'fence' | 'committed' | 'cancelRequest'
>

/** What of it is judged. */
export type Judging = Pick<
  LogEntry,
  'fence' | 'state' | 'committed' | 'cancelRequest' | 'retry'
>

/** @throws {StaleFence}, {Cancelled}, {NotNow} */
export function admitEntry(record: Judged, entry: Judging): void {
  if (record.fence > entry.fence) throw new StaleFence(record.id)
  const { cancelRequest, committed } = record
  if (cancelRequest && !committed && isFinal(entry)) throw new Cancelled(cancelRequest)
  const isOver = committed || isTerminal(record.state)
  if (entry.cancelRequest && isOver) throw new NotNow(record.id)
  if (entry.retry && record.state !== 'stuck') throw new NotNow(record.id)
}

/** Whether it is judged by more of the record than its fence: most entries are not. */
export function needsJudging(entry: Judging): boolean {
  const { cancelRequest, retry } = entry
  return isFinal(entry) || cancelRequest !== undefined || retry !== undefined
}

function isFinal({ committed, state }: Judging): boolean {
  return committed === true || state === 'succeeded'
}
