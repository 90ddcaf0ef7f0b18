/**
 * A stuck operation holds nothing: others may have worked on its functions since, and what it remembers of them is not
 * true any more. To go on, or back, by it would be done to somebody else.
 */
import type { Refusal } from '../errors.ts'
import type { OperationRecord } from '../saga/operation.ts'
import type { OpenOperation, Store } from '../store/store.ts'
import { heldBy, openOperations } from './open-operations.ts'

export function refuseOvertaken(store: Store, record: OperationRecord): readonly Refusal[] {
  const overtaking =
    openOperations(store).find((other) => isOnTheSame(record, other)) ??
    store.read.firstSince(record.id, heldBy(record.params).holds)
  return overtaking === undefined ? [] : [refusal(record, overtaking)]
}

function isOnTheSame(a: OpenOperation, b: OpenOperation): boolean {
  const [mine, theirs] = [heldBy(a.params).holds, heldBy(b.params).holds]
  const isIn = (ids: readonly string[]) => (id: string) => ids.includes(id)
  return (
    mine.exclusive.some(isIn([...theirs.exclusive, ...theirs.shared])) ||
    mine.shared.some(isIn(theirs.exclusive))
  )
}

function refusal({ id }: OperationRecord, other: OpenOperation): Refusal {
  return {
    check: 'operation-overtaken',
    device: id,
    reason: `operation ${other.id} (${other.workflow}) has worked on the same functions since`,
    remedy: 'Look at the functions as they are now, and ask for what is needed.',
  }
}
