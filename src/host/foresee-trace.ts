/** What of the host's tracing there is after changes. */
import type { AskNow } from './appearing-vf.ts'
import type { HostChange } from './change.ts'
import { TRACE_PARTS, type HostAnswers } from './query.ts'

export async function traceAfter(
  ask: AskNow,
  changes: readonly HostChange[]
): Promise<HostAnswers['trace']> {
  const last = changes.findLast(
    ({ change }) => change === 'armTrace' || change === 'disarmTrace'
  )
  if (!last) return ask({ read: 'trace' })
  return { present: last.change === 'armTrace' ? TRACE_PARTS : [] }
}
