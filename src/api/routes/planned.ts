/**
 * Every request that begins an operation may ask for its plan instead, or be made as a plan says: `?plan=true`, and
 * `?plan=<id>` with the same request again.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ControlPlaneError } from '../../errors.ts'
import type { ChangeRequest } from '../../workflows/requests/prepare-request.ts'
import { accepted, json, problems } from '../answers.ts'
import { idempotencyKey } from '../idempotency.ts'
import { query } from '../paging.ts'
import { planView } from '../plan-view.ts'
import type { ProblemStatus } from '../problem.ts'
import type { Services } from '../services.ts'
import { ref } from '../shape.ts'
import { OperationShape } from '../shapes/operation.ts'
import { PlanShape } from '../shapes/plan.ts'
import { sendStarted } from './started.ts'

export const planQuery = query({
  plan: Type.Optional(
    Type.String({
      pattern: '^(true|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$',
      description:
        '`true`: answers 200 with the plan of this request, and touches nothing. Id of such a plan, with the same request: runs it, which is refused when the world has moved; the operation has the id of the plan. Absent: begins at once.',
    })
  ),
})

export function plannedAnswers(...statuses: readonly ProblemStatus[]) {
  return {
    200: json('The plan, where that was asked for; nothing is touched', ref(PlanShape)),
    202: accepted(ref(OperationShape)),
    ...problems(404, 409, ...statuses),
  }
}

type Planned = FastifyRequest & { readonly query: { readonly plan?: string | undefined } }

/** @throws ControlPlaneError */
export async function planOrBegin(
  workflows: Services['workflows'],
  request: Planned,
  reply: FastifyReply,
  asked: ChangeRequest
) {
  const { caller, query: asking } = request
  const { plan } = asking
  const key = idempotencyKey(request)
  if (plan === undefined) {
    return sendStarted(reply, await workflows.begin(caller, asked, key))
  }
  if (plan !== 'true') {
    return sendStarted(reply, await workflows.runPlan(caller, asked, plan, key))
  }
  if (key) throw keyOfNothing()
  return reply.code(200).send(planView(await workflows.plan(caller, asked)))
}

function keyOfNothing(): ControlPlaneError {
  return new ControlPlaneError('planning', {
    kind: 'invalid',
    field: 'Idempotency-Key',
    reason: 'has no meaning for a plan, which begins nothing: send it when the plan is run',
  })
}
