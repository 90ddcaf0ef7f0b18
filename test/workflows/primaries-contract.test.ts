import { beforeAll, describe, expect, test } from 'vitest'
import {
  cleanRun,
  FAULTS,
  survivesEveryKernelWrite,
  type CleanRun,
} from '../support/workflow-contract.ts'
import { PRIMARIES } from './primary-scenarios.ts'

/** Each is a dozen runs of a whole service. */
const WITHIN_MS = 120_000

describe.for(Object.entries(PRIMARIES))('%s', ([, scenario]) => {
  let clean: CleanRun
  beforeAll(async () => {
    clean = await cleanRun(scenario)
  }, WITHIN_MS)

  test.for(FAULTS)(
    'survives every kernel write that %s',
    { timeout: WITHIN_MS },
    async (fault) => {
      const ends = await survivesEveryKernelWrite(scenario, clean, fault)

      expect(ends).toHaveLength(clean.writes.length)
    }
  )
})
