/**
 * Processor time of a step of the engine, its intent and its output both durable, next to plainer ways to write as many
 * records. The engine writes an output and the next intent as one, since nothing stands between these steps.
 */
import { compare } from '../support/rounds.ts'
import { commitEach, prismaCreates, type Recorder } from './recorders.ts'
import { RECORDS, sixSteps, STEPS } from './six-steps.ts'

const AT_ONCE = 100
/** One after the other within a round. */
const TIMES = 20

/** Until V8 has compiled what a service that has run for a minute has compiled: some six thousand workflows. */
const WARM_UPS = 3

const product = await sixSteps()
const each = await commitEach()
const creates = await prismaCreates()
try {
  await compare({
    scenario: 'workflow-engine-cost',
    params: { atOnce: AT_ONCE, steps: STEPS, records: RECORDS },
    unit: 'µs of CPU per step',
    warmUps: WARM_UPS,
    product: { name: 'engine', round: () => cost(() => product.run(AT_ONCE)) },
    peers: [
      { name: 'a commit for each record', round: () => writing(each), goal: 1 / 6 },
      {
        name: 'a Prisma create for each record',
        round: () => writing(creates),
        goal: 1 / 25,
      },
    ],
  })
} finally {
  for (const one of [product, each, creates]) await one.close()
}

/** @throws Error when not every record is in the table: then it did other work */
async function writing(recorder: Recorder): Promise<number> {
  const before = recorder.rows()
  const us = await cost(() => recorder.run(AT_ONCE))
  const written = recorder.rows() - before
  if (written !== TIMES * AT_ONCE * RECORDS)
    throw new Error(`${written} records were written`)
  return us
}

/** Of all threads of this process, where only one contender works at a time. */
async function cost(work: () => Promise<number>): Promise<number> {
  const begun = process.cpuUsage()
  for (let time = 0; time < TIMES; time++) await work()
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / (TIMES * AT_ONCE * STEPS)
}
