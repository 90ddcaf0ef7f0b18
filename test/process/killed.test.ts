/**
 * The real process, killed by SIGKILL at calls of its operations: the next one ends what it left, and the machine is at one of
 * the operation's two ends. Deaths are drawn by a seed, among all calls and among those that change the machine.
 */
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fraction } from '../../src/emulator/load/seeded.ts'
import type { MachineSnapshot } from '../../src/emulator/machine.ts'
import { crashSeed } from '../support/crash-seed.ts'
import { atSize } from '../support/test-size.ts'
import { WAYS, type Calls, type Death } from './deadly-machine.ts'
import { startChain, type Chain, type Run } from './killed-chain.ts'
import { ROUND, type Turn } from './round.ts'

const SEED = crashSeed()
/** As many as there are cores, with a service and a machine each. */
const CHAINS = [0, 1]
const KILLS_OF_EACH = atSize({ normal: 50, full: 200 })
const WITHIN_MS = 900_000
/** A part of the runs has a change that fails, so that it is killed on the way back too. */
const FAILING = 0.3
/** A commit takes a few. */
const SOON_MS = 12

let chains: readonly Chain[] = []
beforeAll(async () => {
  chains = await Promise.all(CHAINS.map(startChain))
}, 60_000)
afterAll(() => Promise.all(chains.map(({ stop }) => stop())), 60_000)

test(
  'killed at any call of an operation, it is at one of its two ends when the next process has ended it',
  { timeout: WITHIN_MS },
  async () => {
    const seen = (await Promise.all(chains.map(killedOften))).flat()

    for (const each of [...ROUND.map(({ name }) => name), 'undone', ...WAYS])
      expect(seen.filter((one) => one === each).length, each).toBeGreaterThan(2)
  }
)

test('what the databases tell is whole, and each operation ended once', () => {
  for (const { database } of chains) {
    const db = new Database(database, { readonly: true })

    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(db.prepare(NOT_ENDED_ONCE).all()).toEqual([])
    db.close()
  }
})

/** @returns of each kill: which operation, how it ended, how it was killed */
async function killedOften(chain: Chain, nth: number): Promise<readonly string[]> {
  const round = await cleanRound(chain)
  const seen: string[] = []
  let turns = round
  for (let run = 0, kills = 0; kills < KILLS_OF_EACH; run++) {
    const [now, ...later] = turns
    if (!now) throw new Error('a round has turns')
    const { death, failsAt } = drawn(SEED + nth, run, now.calls)
    const { end, killed } = await livedThrough(
      chain,
      now,
      death,
      failsAt,
      `seed ${SEED + nth}, run ${run}`
    )
    if (end.state === 'succeeded') turns = later.length > 0 ? later : round
    if (!killed) continue
    kills++
    seen.push(now.turn.name, end.state, death.way)
  }
  return seen
}

/** A kill alone is no failure: without one of the kernel the operation gets to its goal. */
async function livedThrough(
  chain: Chain,
  { turn, found, goal }: TurnOfRound,
  death: Death,
  failsAt: number | undefined,
  which: string
): Promise<Run> {
  const run = await chain.killed(turn, death, failsAt)
  const { state, error } = run.end
  const what = `${which}: ${turn.name}, killed ${inWords(death)}, of whose changes fails ${failsAt}: ${state} ${JSON.stringify(error)}`
  expect(failsAt === undefined ? ['succeeded'] : ['succeeded', 'undone'], what).toContain(
    state
  )
  expect(run.machine, what).toEqual(state === 'succeeded' ? goal : found)
  return run
}

const NOT_ENDED_ONCE = `
  SELECT "Operation"."id", "state", count("Event"."number") AS "ends" FROM "Operation"
    LEFT JOIN "Event" ON "Event"."operationId" = "Operation"."id"
     AND "Event"."type" = 'operation.' || "state"
   GROUP BY "Operation"."id" HAVING "ends" <> 1 OR "state" NOT IN ('succeeded', 'undone')`

type TurnOfRound = {
  readonly turn: Turn
  readonly found: MachineSnapshot
  readonly goal: MachineSnapshot
  readonly calls: Calls
}

async function cleanRound(chain: Chain): Promise<readonly TurnOfRound[]> {
  const round: TurnOfRound[] = []
  for (const turn of ROUND) {
    const found = chain.snapshot()
    const { machine, calls } = await chain.clean(turn)
    round.push({ turn, found, goal: machine, calls })
  }
  expect(round.at(-1)?.goal, 'the round ends where it begins').toEqual(round[0]?.found)
  return round
}

function drawn(
  seed: number,
  run: number,
  calls: Calls
): { death: Death; failsAt: number | undefined } {
  const draw = (place: number) => fraction(seed, run, place)
  const of = draw(0) < 0.5 ? 'changes' : 'calls'
  const death: Death = {
    of,
    nth: 1 + Math.floor(draw(1) * calls[of]),
    way: WAYS[Math.floor(draw(2) * WAYS.length)]!, // a fraction is below 1
    laterMs: Math.floor(draw(3) * SOON_MS),
  }
  const failsAt = Math.floor(draw(4) * calls.changes)
  return { death, failsAt: draw(5) < FAILING ? failsAt : undefined }
}

function inWords({ way, nth, of }: Death): string {
  return `${way} ${nth} of its ${of}`
}
