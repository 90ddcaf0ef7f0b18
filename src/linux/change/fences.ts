/** Refuses changes of an owner that has been replaced. Kept in memory: after a restart the store decides who owns. */
import type { ApplyContext } from '../../host/change.ts'
import { HostDriverError } from '../../host/driver.ts'

/** Operations that are remembered; the oldest is forgotten first. */
const REMEMBERED = 10_000

export interface Fences {
  /** @throws {HostDriverError} stale-fence */
  pass: (context: ApplyContext) => void
}

export function createFences(): Fences {
  const highest = new Map<string, number>()

  function pass({ operationId, step, fence }: ApplyContext): void {
    const seen = highest.get(operationId)
    if (seen !== undefined && fence < seen) {
      throw new HostDriverError(`step ${step} of operation ${operationId}`, {
        kind: 'stale-fence',
      })
    }
    highest.delete(operationId) // so that it becomes the youngest
    highest.set(operationId, fence)
    const oldest = highest.keys().next()
    if (highest.size > REMEMBERED && !oldest.done) highest.delete(oldest.value)
  }

  return { pass }
}
