/** What durable records add to the time of workflows whose steps wait for hardware. */
import { compare } from '../support/rounds.ts'
import { newId } from '../../src/new-id.ts'
import { bareCommits } from './bare-commits.ts'
import { startDriver } from './driver.ts'
import { makespanMs, OUTPUT, sixSteps, STEPS } from './six-steps.ts'

const DRIVER_MS = 20

/** Until V8 has compiled what a service that has run for a minute has compiled: of a thousand at once the eighth run is the first like the others. */
const WARM_UPS = 10

/** By how many run at once: to the same without records, and to bare commits, which few at once cannot be faster than. */
const GOALS = new Map([
  [1000, { goal: 1.5, ofBare: 1.25 }],
  [100, { goal: 1.15, ofBare: 1.1 }],
  [10, { goal: 1.05, ofBare: 1.03 }],
])

/** As long as one that says that a step is done and the next begins. */
const ENTRY = JSON.stringify({ done: OUTPUT, at: '2026-01-01T00:00:00.000Z', next: 1 })

const { drive, close } = startDriver(DRIVER_MS)
const product = await sixSteps(drive)
const bare = bareCommits()
try {
  for (const [atOnce, { goal, ofBare }] of GOALS)
    await compare({
      scenario: 'workflow-makespan',
      warmUps: WARM_UPS,
      params: { atOnce, steps: STEPS, driverMs: DRIVER_MS },
      unit: 'ms until the last workflow has ended',
      product: { name: 'engine', round: () => product.run(atOnce) },
      peers: [
        { name: 'without records', round: () => makespanMs(atOnce, withoutRecords), goal },
        { name: 'bare commits', round: () => barely(atOnce), goal: ofBare },
      ],
    })
} finally {
  await product.close()
  await bare.close()
  await close()
}

async function withoutRecords(): Promise<void> {
  for (let step = 0; step < STEPS; step++) await drive()
}

/** As many as the engine writes: it begins with its first step, and ends with its last. @throws Error when rows are missing */
async function barely(atOnce: number): Promise<number> {
  const before = bare.rows()
  const ms = await makespanMs(atOnce, withBareCommits)
  const written = bare.rows() - before
  if (written !== atOnce * (STEPS + 1)) throw new Error(`${written} records were written`)
  return ms
}

async function withBareCommits(): Promise<void> {
  const id = newId()
  await bare.record(id, ENTRY)
  for (let step = 0; step < STEPS; step++) {
    await drive()
    await bare.record(id, ENTRY)
  }
}
