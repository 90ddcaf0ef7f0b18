/** A process that dies at any of its commits: the next one on the same machine finishes what it left. */
import { expect, test } from 'vitest'
import {
  CASES,
  cleanRun,
  CLEANING,
  DIRECTLY,
  killedAt,
  unseenIn,
  writesIn,
} from './killed.ts'

const WITHIN_MS = 120_000

test.for(Object.entries({ ...CASES, cleaning: CLEANING, ...DIRECTLY }))(
  'killed at any commit of %s, it is finished by the next process, with no write made twice',
  { timeout: WITHIN_MS },
  async ([, one]) => {
    const clean = await cleanRun(one)
    expect(clean.commits).toBeGreaterThan(5)

    for (let commits = 1; commits < clean.commits; commits++) {
      const { world, store, operation, from } = await killedAt(one, commits)
      const next = await world.succeededBy(store)
      await next.workflows.resume()
      const { state } = await next.end(operation)

      expect(state, `killed at commit ${commits}`).toBe('succeeded')
      expect(world.machine.snapshot(), `killed at commit ${commits}`).toEqual(clean.goal)
      const writes = writesIn(world.machine.transcript.slice(from))
      // A reset leaves nothing to be seen, and a Format not that it succeeded: in doubt it is made again.
      expect(
        writes.length - clean.writes.length,
        `writes repeated after commit ${commits}`
      ).toBeLessThanOrEqual(unseenIn(writes) - unseenIn(clean.writes))
    }
  }
)
