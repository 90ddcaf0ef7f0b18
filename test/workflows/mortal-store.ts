/** A store whose process dies at a commit: that one, and all that follow, never come back. */
import type { Store, StoreWrite } from '../../src/store/store.ts'

export type MortalStore = Store & {
  /** Commits until the death. */
  lives: number
  commits: number
  /** Dies once a commit that this picks is durable. */
  dieAfter: (writes: readonly StoreWrite[]) => boolean
}

export function mortalStore(store: Store): MortalStore {
  const mortal: MortalStore = {
    ...store,
    lives: Infinity,
    commits: 0,
    dieAfter: () => false,
    commit: (writes) => {
      if (mortal.commits >= mortal.lives) return new Promise(() => {})
      mortal.commits++
      if (mortal.dieAfter(writes)) mortal.lives = mortal.commits
      return store.commit(writes)
    },
  }
  return mortal
}

/** For `dieAfter`: the step with this name is recorded as done. */
export function whenDone(store: Store, step: string) {
  return (writes: readonly StoreWrite[]): boolean =>
    writes.some((write) => {
      if (write.write !== 'logOperation' || write.entry.step?.state !== 'done') return false
      const record = store.read.operation(null, write.entry.operationId)
      return record?.steps[write.entry.step.index]?.name === step
    })
}
