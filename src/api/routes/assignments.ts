import { BODY_PROBLEMS, json, problems } from '../answers.ts'
import type { App } from '../app.ts'
import { idempotencyHeaders } from '../idempotency.ts'
import { listed, pageOf, pageQuery, pageRequest, query } from '../paging.ts'
import type { Services } from '../services.ts'
import { ref } from '../shape.ts'
import { AssignmentShape, AssignShape, ReleaseShape } from '../shapes/assignment.ts'
import { emptyBodyIsEmptyObject } from './empty-body.ts'
import { idOf } from './ids.ts'
import { planOrBegin, plannedAnswers, planQuery } from './planned.ts'

const tags = ['assignments']

export function assignmentRoutes(app: App, { workflows }: Services): void {
  app.get(
    '/v1/assignments',
    {
      schema: {
        operationId: 'listAssignments',
        summary: 'List assignments',
        description: 'Assignments of the tenant, those that are over included.',
        tags,
        querystring: query(pageQuery),
        response: {
          200: json('A page of assignments', pageOf(AssignmentShape)),
          ...problems(),
        },
      },
    },
    (request) => {
      const page = pageRequest('assignments', request.query)
      return listed('assignments', workflows.assignments(request.caller, page))
    }
  )
  app.get(
    '/v1/assignments/:id',
    {
      schema: {
        operationId: 'getAssignment',
        summary: 'Get assignment',
        description: 'One assignment, with what its consumer needs once it is ready.',
        tags,
        params: idOf('an assignment'),
        response: { 200: json('The assignment', ref(AssignmentShape)), ...problems(404) },
      },
    },
    (request) => workflows.assignment(request.caller, request.params.id)
  )
  startRoutes(app, workflows)
}

function startRoutes(app: App, workflows: Services['workflows']): void {
  app.post(
    '/v1/assignments',
    {
      schema: {
        operationId: 'createAssignment',
        summary: 'Create assignment',
        description:
          'Hands a VF or a whole controller to a consumer through VFIO. Refused while anything on the host uses it.',
        tags,
        querystring: planQuery,
        headers: idempotencyHeaders,
        body: ref(AssignShape),
        response: plannedAnswers(...BODY_PROBLEMS),
      },
    },
    (request, reply) =>
      planOrBegin(workflows, request, reply, { ask: 'assign', request: request.body })
  )
  app.post(
    '/v1/assignments/:id/release',
    {
      preValidation: emptyBodyIsEmptyObject,
      schema: {
        operationId: 'releaseAssignment',
        summary: 'Release assignment',
        description:
          'Takes the function back, erases what its consumer had on it, and gives it the driver that it had. It stays quarantined where it cannot be told that everything is gone; that can be accepted by name.',
        tags,
        params: idOf('an assignment'),
        querystring: planQuery,
        headers: idempotencyHeaders,
        body: ref(ReleaseShape),
        response: plannedAnswers(...BODY_PROBLEMS),
      },
    },
    (request, reply) =>
      planOrBegin(workflows, request, reply, {
        ask: 'release',
        assignmentId: request.params.id,
        request: request.body,
      })
  )
}
