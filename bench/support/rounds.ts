/**
 * Product and peers in one run, turn by turn, so that what else the machine does meets all of them. What is compared is
 * CPU time: on a shared machine the time of the clock says little.
 */
import { spreadOf, verdictOf } from './verdict.ts'

export const ROUNDS = 9

export type Contender = {
  readonly name: string
  /** Does its work once, and tells the CPU time of a unit of it. */
  readonly round: () => Promise<number>
}

export type Peer = Contender & {
  /** The most that the product may cost, as a part of this peer's cost. */
  readonly goal: number
}

export type Scenario = {
  readonly scenario: string
  readonly params: Readonly<Record<string, unknown>>
  readonly unit: string
  readonly product: Contender
  readonly peers: readonly Peer[]
  /** Rounds of each before the first that counts. Default: 1. */
  readonly warmUps?: number
}

/** Prints a line of JSON for each peer. */
export async function compare(one: Scenario): Promise<void> {
  const { scenario, params, unit, product, peers, warmUps = 1 } = one
  const contenders = [product, ...peers]
  for (let nth = 0; nth < warmUps; nth++) for (const { round } of contenders) await round()
  const costs = contenders.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, contender] of contenders.entries())
      costs[i]!.push(await contender.round()) // as many as contenders
  const [own = [], ...others] = costs
  for (const [i, { name, goal }] of peers.entries()) {
    const its = others[i]!
    const ratio = spreadOf(own.map((cost, round) => cost / its[round]!)) // a cost of each in every round
    const line = {
      scenario,
      params: { ...params, rounds: ROUNDS },
      unit,
      product: spreadOf(own),
      peer: { name, ...spreadOf(its) },
      ratio,
      goal,
      pass: verdictOf(ratio, goal),
    }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
}
