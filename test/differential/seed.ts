import { atSize } from '../support/test-size.ts'

/** Of the normal run: the same sequences each time, so that a new failure comes from a change. */
const KEPT_SEED = 100

/** The full run looks at new sequences each time. Printed, so that a failure can be run again with DIFFERENTIAL_SEED. */
export function differentialSeed(): number {
  const ofThisRun = atSize({ normal: KEPT_SEED, full: Math.floor(Math.random() * 2 ** 30) })
  const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? ofThisRun)
  process.stdout.write(`differential test: seed ${seed}\n`)
  return seed
}
