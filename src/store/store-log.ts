/** The saga's log over the store: a step's record and what it changes are one transaction. */
import type { SagaLog } from '../saga/log.ts'
import { OPEN_STATES } from '../saga/operation.ts'
import type { Store, StoreWrite } from './store.ts'

export function storeLog(store: Store): SagaLog<StoreWrite> {
  return {
    create: (operation, writes) =>
      store.commit(withOthers({ write: 'createOperation', operation }, writes)),
    append: (entry, writes) =>
      store.commit(withOthers({ write: 'logOperation', entry }, writes)),
    loadOpen: () => Promise.resolve(store.read.operationsInOrder({ states: OPEN_STATES })),
    load: (id) => Promise.resolve(store.read.operation(null, id)),
    takeOver: async (id, owner, leaseUntilMs, nowMs) => {
      const takeOver = {
        write: 'takeOverOperation',
        id,
        owner,
        leaseUntilMs,
        nowMs,
      } as const
      const { fence } = await store.commit([takeOver])
      return fence ?? undefined
    },
  }
}

/** Most have no others, for which an array that grows would cost as much as the rest of the transaction. */
function withOthers(
  first: StoreWrite,
  others: readonly StoreWrite[]
): readonly StoreWrite[] {
  return others.length === 0 ? [first] : [first, ...others]
}
