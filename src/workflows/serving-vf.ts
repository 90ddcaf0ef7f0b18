/** Whether a VF can be used: a reset of its primary takes its secondary controller offline, whoever has the function. */
import type { Binding, HostAnswers } from '../host/query.ts'
import type { CleanParams } from './clean-params.ts'
import type { Ask } from './host-session.ts'

export function isOnline(
  { secondaries }: Pick<HostAnswers['secondaries'], 'secondaries'>,
  cntlid: number | null
): boolean {
  return secondaries.find((one) => one.cntlid === cntlid)?.state === 'online'
}

/**
 * What a function that is released is to be bound to: what it was before. nvme would not bind to a VF that is offline: it
 * has no driver then, and gets its own when it is healed.
 */
export async function bindingToHave(ask: Ask, p: CleanParams): Promise<Binding> {
  const { binding } = p.before
  if (!p.vf || binding.driver === null) return binding
  const listed = await ask({ read: 'secondaries', pf: p.vf.primary.address })
  return isOnline(listed, p.cntlid) ? binding : { ...binding, driver: null }
}
