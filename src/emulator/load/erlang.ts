/** Waiting in front of a drive that works on several commands at a time: M/M/c. Source: A. K. Erlang's second formula. */

export type Station = {
  /** Mean time for a command, ms. */
  readonly serviceMs: number
  /** Commands that are worked on at a time. */
  readonly servers: number
}

/** Commands per ms that it does at most. */
export function capacityOf({ serviceMs, servers }: Station): number {
  return servers / serviceMs
}

/**
 * Mean time from submission to completion, ms.
 *
 * @param rate of arrivals, commands/ms; from the capacity on the time is Infinity
 */
export function responseMs(station: Station, rate: number): number {
  const { serviceMs, servers } = station
  const utilization = rate / capacityOf(station)
  if (utilization >= 1) return Infinity
  const waits = chanceToWait(rate * serviceMs, servers, utilization)
  return serviceMs + (waits * serviceMs) / (servers * (1 - utilization))
}

const NEGLIGIBLE = 1e-9

/** Erlang C, from the recursion of Erlang B, which stays within 0 and 1. */
function chanceToWait(offered: number, servers: number, utilization: number): number {
  let blocked = 1
  for (let n = 1; n <= servers && blocked > NEGLIGIBLE; n++)
    blocked = (offered * blocked) / (n + offered * blocked)
  return blocked / (1 - utilization * (1 - blocked))
}
