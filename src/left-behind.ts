/** What a killed service left on hosts that nobody wants any more: traces, which cost each command a little. */
import type { ApplyContext } from './host/change.ts'
import type { Hosts } from './host/hosts.ts'

const CONTEXT: ApplyContext = {
  operationId: 'start',
  step: 'disarm traces',
  fence: 0,
  deadlineMs: 5000,
}

/** To be told of each scan; each host is looked at once. Failures go to `report`: a host is no worse without this. */
export function tracesLeftBehind(
  hosts: Hosts,
  report: (doing: string, error: unknown) => void
): (hostId: string) => void {
  const seen = new Set<string>()
  return (hostId) => {
    const host = hosts.get(hostId)
    if (host?.reach !== 'reachable' || seen.has(hostId)) return
    seen.add(hostId)
    host.driver
      .apply({ change: 'disarmTrace' }, CONTEXT)
      .catch((error: unknown) => report('disarming traces left behind', error))
  }
}
