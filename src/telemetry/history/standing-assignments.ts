/** Which VFs are somebody's, without asking the database with every frame. */
import type { Store } from '../../store/store.ts'

export function standingAssignments(store: Store) {
  const known = new Map<string, boolean>()
  const stop = store.onEvents((events) => {
    // Rare, and cheaper to look up again than to follow.
    if (events.some(({ type }) => /^(assignment|operation)\./.test(type))) known.clear()
  })
  return {
    has: (functionId: string): boolean => {
      const before = known.get(functionId)
      if (before !== undefined) return before
      const has = store.read.standingAssignment(functionId) !== undefined
      known.set(functionId, has)
      return has
    },
    stop,
  }
}
