/** The contract of workflows, as tests: each scenario, under each kind of fault. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Scenario } from './scenario.ts'
import {
  cleanRun,
  FAULTS,
  survivesEveryKernelWrite,
  type CleanRun,
} from './workflow-contract.ts'

/** Each is a dozen runs of a whole service. */
const WITHIN_MS = 120_000

/** @param spoiled which of the writes are spoiled, of those that a clean run makes */
export function contractOf(
  scenarios: Readonly<Record<string, Scenario>>,
  spoiled: (writes: CleanRun['writes']) => readonly unknown[] = (writes) => writes
): void {
  describe.for(Object.entries(scenarios))('%s', ([, scenario]) => {
    let clean: CleanRun
    beforeAll(async () => {
      clean = await cleanRun(scenario)
    }, WITHIN_MS)

    test.for(FAULTS)(
      'survives every kernel write that %s',
      { timeout: WITHIN_MS },
      async (fault) => {
        const ends = await survivesEveryKernelWrite(scenario, clean, fault)

        expect(ends).toHaveLength(spoiled(clean.writes).length)
      }
    )
  })
}
