/**
 * Each workflow and each undo, abandoned at every moment: each of its commits and each of its kernel calls. The next process
 * on the same database and machine ends it as it would have ended, in one of the two ends of the machine.
 */
import { expect, test } from 'vitest'
import { fraction } from '../../src/emulator/load/seeded.ts'
import { crashSeed } from '../support/crash-seed.ts'
import type { Scenario } from '../support/scenario.ts'
import { atSize, sampleAtSize } from '../support/test-size.ts'
import { abandonedRun, wholeLife } from './abandoned.ts'
import { ADOPTED, ADOPTED_UNDONE } from './adopted-scenarios.ts'
import { LOGICAL } from './logical-scenarios.ts'
import { PRIMARIES } from './primary-scenarios.ts'
import { ASSIGNMENTS, RESTORED, UNDONE, VIRTUAL_FUNCTIONS } from './scenarios.ts'

const WITHIN_MS = 300_000
const SEED = crashSeed()
/** Of two deaths each. */
const RUNS = atSize({ normal: 2, full: 30 })

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ...VIRTUAL_FUNCTIONS,
  ...ASSIGNMENTS,
  ...RESTORED,
  ...PRIMARIES,
  ...ADOPTED,
  ...LOGICAL,
  ...UNDONE,
  ...ADOPTED_UNDONE,
  'undoing the restoring of a controller': {
    ...RESTORED['restoring a controller that was taken from vfio-pci'],
    failsIn: 'rescan',
  },
  'undoing the resources of a primary': {
    ...PRIMARIES['giving a primary resources of its own, on QEMU 7.2'],
    failsIn: 'rescan',
  },
}

test.for(Object.entries(SCENARIOS))(
  '%s, abandoned at any moment, is ended by the next process',
  { timeout: WITHIN_MS },
  async ([, scenario]) => {
    const life = await wholeLife(scenario)
    expect(new Set(life.moments)).toEqual(new Set(['commit', 'kernel call']))

    for (const moment of sampleAtSize(before(life.moments.length), SEED)) {
      const what = `abandoned at moment ${moment}, a ${life.moments[moment - 1]}`
      await abandonedRun(scenario, life, [moment], what)
    }
  }
)

test.for(Object.entries(SCENARIOS))(
  '%s, abandoned, and the next process too, is ended by the one after it',
  { timeout: WITHIN_MS },
  async ([, scenario]) => {
    const life = await wholeLife(scenario)
    const { length } = life.moments
    let died = 0

    for (let nth = 0; nth < RUNS; nth++) {
      const moment = 1 + Math.floor(fraction(SEED, nth, 0) * (length - 1))
      const again = 1 + Math.floor(fraction(SEED, nth, 1) * (length - moment))
      const what = `abandoned at moment ${moment}, and ${again} later (seed ${SEED})`
      died += await abandonedRun(scenario, life, [moment, again], what)
    }

    expect(died, 'some of those that came second died too').toBeGreaterThan(RUNS)
  }
)

/** The last moment is its end: nothing is left to do after it. */
function before(moments: number): readonly number[] {
  return Array.from({ length: moments - 1 }, (_, at) => at + 1)
}
