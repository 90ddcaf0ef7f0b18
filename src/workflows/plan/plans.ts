/**
 * Plans that may be run: kept with what they were made of, so that the same is made again from the world as it then is,
 * and compared. A plan's id is that of the operation that it is run as, so it is run once, however often that is asked.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Caller } from '../../access/caller.ts'
import { ControlPlaneError, type Refusal, type Trouble } from '../../errors.ts'
import type { Json } from '../../saga/workflow.ts'
import type { OperationRecord } from '../../saga/operation.ts'
import type { PlanRow } from '../../store/rows.ts'
import type { Surroundings } from '../define-workflow.ts'
import type { ChangeRequest } from '../requests/prepare-request.ts'
import { found, invalid, type Prepared } from '../requests/prepared.ts'
import { makePlan } from './make-plan.ts'
import { movedSince, type Compared } from './moved.ts'
import type { Plan } from './plan.ts'

/** Of each tenant, the newest. */
export const PLANS_KEPT = 200

export interface Plans {
  /** Touches nothing but the plans that are kept. @throws ControlPlaneError, see makePlan */
  readonly make: (caller: Caller, asked: ChangeRequest) => Promise<Plan>
  /**
   * What is to be begun under the plan's id, or the operation that has been.
   *
   * @throws ControlPlaneError not-found: it has expired too; invalid: it is of another request; plan-outdated; what the
   * plan says is refused
   */
  readonly prepare: (
    caller: Caller,
    asked: ChangeRequest,
    planId: string
  ) => Promise<Prepared | OperationRecord>
}

type Kept = Compared & { readonly ids: readonly string[] }

export function createPlans(around: Surroundings, newId: () => string): Plans {
  const { store, clock } = around
  return {
    make: async (caller, asked) => {
      const ids: string[] = []
      const noted = () => {
        const id = newId()
        ids.push(id)
        return id
      }
      const made = await makePlan({ around, caller, asked, id: newId(), newId: noted })
      const { plan, params, answers } = made
      const row = rowOf(caller, asked, { plan, params, answers, ids })
      await store.commit([{ write: 'putPlan', row, keep: PLANS_KEPT }])
      return plan
    },
    prepare: async (caller, asked, planId) => {
      const row = found(store.read.plan(caller.tenant, planId), 'plan', planId)
      if (!isDeepStrictEqual(row.request, asJson(asked))) {
        throw invalid('plan', 'is the plan of another request')
      }
      const begun = store.read.operation(caller.tenant, planId)
      if (begun) return begun
      found(Date.parse(row.expiresAt) > clock.nowMs() ? row : undefined, 'plan', planId)
      const kept = keptIn(row)
      const again = replaying(kept.ids, newId)
      const now = await makePlan({ around, caller, asked, id: planId, newId: again })
      requireStanding(kept, now)
      if (now.prepared) return now.prepared
      throw new Error(`plan ${planId} is refused by nothing, and cannot be run`)
    },
  }
}

/** @throws ControlPlaneError plan-outdated, and what is refused as it was when the plan was made */
function requireStanding(kept: Compared, now: Compared): void {
  const planId = kept.plan.id
  // As it is kept: what is absent is not undefined.
  const moved = movedSince(kept, asJson(now))
  if (moved.length > 0) {
    throw new ControlPlaneError(`running plan ${planId}`, {
      kind: 'plan-outdated',
      planId,
      moved,
    })
  }
  const [first] = now.plan.refusals
  if (!first) return
  const refusals = now.plan.refusals.flatMap(({ trouble }) => refusalsIn(trouble))
  const { trouble } = first
  throw new ControlPlaneError(
    `running plan ${planId}`,
    trouble.kind === 'guard' ? { kind: 'guard', refusals } : trouble
  )
}

function refusalsIn(trouble: Trouble): readonly Refusal[] {
  return trouble.kind === 'guard' ? trouble.refusals : []
}

function rowOf({ tenant }: Caller, asked: ChangeRequest, kept: Kept): PlanRow {
  const { id, createdAt, expiresAt } = kept.plan
  return {
    id,
    tenant,
    request: asJson<Json>(asked),
    made: asJson<Json>(kept),
    createdAt,
    expiresAt,
  }
}

/** Ours, by whatever version: one that is made of other things now is compared, and is outdated. */
function keptIn({ made }: PlanRow): Kept {
  return made as unknown as Kept // what rowOf wrote
}

function asJson<Value>(value: unknown): Value {
  return JSON.parse(JSON.stringify(value)) as Value // what JSON.stringify was given
}

/** The same ids as when it was made. */
function replaying(ids: readonly string[], newId: () => string): () => string {
  const left = [...ids]
  return () => left.shift() ?? newId()
}
