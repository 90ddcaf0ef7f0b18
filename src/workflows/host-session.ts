/** What a step says to its host. A host that is away, and a call that does not come back, end the step here. */
import { ControlPlaneError } from '../errors.ts'
import type { ApplyContext, BlockedReport, HostChange } from '../host/change.ts'
import type { HostDriver } from '../host/driver.ts'
import type { Hosts } from '../host/hosts.ts'
import type { HostAnswer, HostQuery } from '../host/query.ts'

export type Ask = <Q extends HostQuery>(query: Q) => Promise<HostAnswer<Q>>

/** @returns the kernel writes and commands that were made, in words */
export type Apply = (change: HostChange) => Promise<readonly string[]>

/** Not a failure: the step is run again until its call has come back. */
export class HostBlocked extends Error {
  readonly report: BlockedReport

  constructor(report: BlockedReport) {
    super(`waiting for ${report.call}`)
    this.name = 'HostBlocked'
    this.report = report
  }
}

/** @throws from `ask`: ControlPlaneError host-away, HostDriverError, HostBlocked */
export function asker(hosts: Hosts, hostId: string): Ask {
  return async (query) => {
    const reply = await driverOf(hosts, hostId).ask(query)
    if (!reply.answered) throw new HostBlocked(reply.blocked)
    return reply.answer
  }
}

/** @throws from `apply`: ControlPlaneError host-away, HostDriverError, HostBlocked */
export function applier(hosts: Hosts, hostId: string, context: ApplyContext): Apply {
  return async (change) => {
    const outcome = await driverOf(hosts, hostId).apply(change, context)
    if (outcome.outcome === 'blocked') throw new HostBlocked(outcome.blocked)
    return outcome.writes
  }
}

/** @throws ControlPlaneError host-away */
export function driverOf(hosts: Hosts, hostId: string): HostDriver {
  const host = hosts.get(hostId)
  if (host?.reach === 'reachable') return host.driver
  const why = host?.why ?? 'it is not in the fleet'
  throw new ControlPlaneError(`reaching host ${hostId}`, { kind: 'host-away', hostId, why })
}
