/** What durable records add to the time of workflows whose steps wait for hardware. */
import { compare } from '../support/rounds.ts'
import { startDriver } from './driver.ts'
import { makespanMs, sixSteps, STEPS } from './six-steps.ts'

const DRIVER_MS = 20

/** Until V8 has compiled what a service that has run for a minute has compiled: of a thousand at once the eighth run is the first like the others. */
const WARM_UPS = 10

/** By how many run at once. */
const GOALS = new Map([
  [1000, 1.5],
  [100, 1.15],
  [10, 1.05],
])

const { drive, close } = startDriver(DRIVER_MS)
const product = await sixSteps(drive)
try {
  for (const [atOnce, goal] of GOALS)
    await compare({
      scenario: 'workflow-makespan',
      warmUps: WARM_UPS,
      params: { atOnce, steps: STEPS, driverMs: DRIVER_MS },
      unit: 'ms until the last workflow has ended',
      product: { name: 'engine', round: () => product.run(atOnce) },
      peers: [
        { name: 'without records', round: () => makespanMs(atOnce, withoutRecords), goal },
      ],
    })
} finally {
  await product.close()
  await close()
}

async function withoutRecords(): Promise<void> {
  for (let step = 0; step < STEPS; step++) await drive()
}
