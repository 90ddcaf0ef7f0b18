/** A plan as the API gives it: whatever speaks against it, in the same words as a problem. */
import type { Trouble } from '../errors.ts'
import type { Plan, PlanRefusal } from '../workflows/plan/plan.ts'
import { explain } from './explanation.ts'

export type PlanView = Omit<Plan, 'refusals'> & {
  readonly refusals: readonly RefusalView[]
}

export type RefusalView = {
  readonly step: string | null
  readonly check: string
  readonly device: string | null
  readonly reason: string
  readonly remedy: string | null
}

export function planView(plan: Plan): PlanView {
  return { ...plan, refusals: plan.refusals.flatMap(refusalViews) }
}

function refusalViews({ step, trouble }: PlanRefusal): readonly RefusalView[] {
  if (trouble.kind === 'guard') {
    return trouble.refusals.map((refusal) => ({ step, ...refusal }))
  }
  const { detail, remedy = null } = explain(trouble)
  const device = deviceOf(trouble)
  return [{ step, check: trouble.kind, device, reason: detail, remedy }]
}

function deviceOf(trouble: Trouble): string | null {
  if ('device' in trouble) return trouble.device
  return 'id' in trouble ? trouble.id : null
}
