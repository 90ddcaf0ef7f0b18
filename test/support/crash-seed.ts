import { atSize } from './test-size.ts'

/** Of the normal run: the same deaths each time, so that a new failure comes from a change. */
const KEPT_SEED = 7

/** The full run looks at new ones each time. Printed, so that a failure can be run again with CRASH_SEED. */
export function crashSeed(): number {
  const ofThisRun = atSize({ normal: KEPT_SEED, full: Math.floor(Math.random() * 2 ** 31) })
  const seed = Number(process.env['CRASH_SEED'] ?? ofThisRun)
  process.stdout.write(`crashes: seed ${seed}\n`)
  return seed
}
