/** Whether one function of a drive waits while another one has nearly all of it. Pure. */
import type { Observed } from './held.ts'
import { THRESHOLDS } from './kinds.ts'

/** Means of one interval. */
export type Share = {
  readonly id: string
  readonly commandsPerSecond: number
  readonly inFlight: number
}

export type Starved = Observed & {
  /** Who has nearly all. */
  readonly noisyId: string
  readonly part: number
  /** How many times as long a command takes; Infinity: none got through. */
  readonly times: number
}

/**
 * @param all functions of one drive that are observed, the one included
 * @returns null: there is no telling
 */
export function isStarved(one: Share, all: readonly Share[]): Starved | null {
  const limits = THRESHOLDS['vf-starved']
  const sum = all.reduce((total, { commandsPerSecond }) => total + commandsPerSecond, 0)
  const others = all.filter(({ id }) => id !== one.id)
  const [noisy] = others.toSorted((a, b) => b.commandsPerSecond - a.commandsPerSecond)
  if (noisy === undefined || Number.isNaN(sum) || Number.isNaN(one.inFlight)) return null
  const part = sum === 0 ? 1 : one.commandsPerSecond / sum
  const times = waiting(one) / waiting(noisy)
  const isNoisy =
    noisy.commandsPerSecond >= limits.perSecond &&
    noisy.commandsPerSecond >= limits.noisyPart * sum
  return {
    noisyId: noisy.id,
    part,
    times,
    isSo: isNoisy && one.inFlight >= 1 && part < limits.part && times >= limits.times,
    isOver:
      one.inFlight === 0 ||
      !isNoisy ||
      part >= limits.partAtEnd ||
      times < limits.timesAtEnd,
  }
}

/** Time per command by Little's law. */
function waiting({ inFlight, commandsPerSecond }: Share): number {
  return inFlight === 0 ? 0 : inFlight / commandsPerSecond
}
