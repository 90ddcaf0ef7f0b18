/** Answers of a route, as its schema lists them: what it gives, and every problem that it may answer with. */
import type { TSchema } from 'typebox'
import { ref } from './shape.ts'
import type { ProblemStatus } from './problem.ts'
import { ProblemShape } from './shapes/problem.ts'

const REASONS = {
  400: 'The request cannot be read, or a field is not valid',
  401: 'A token is needed',
  403: 'A foreign Host or Origin, or not allowed',
  404: 'No such resource',
  405: 'Method not allowed here',
  408: 'The request took too long to come',
  409: 'The state of the resource, another operation or a guard forbids this',
  413: 'The body is too large',
  415: 'The body is not JSON',
  417: 'Only 100-continue may be expected',
  426: 'This is a WebSocket',
  431: 'The head of the request is too large',
  500: 'Something is wrong in nvirt',
  503: 'The host does not answer, the database cannot be written, or the service is stopping',
  507: 'Not enough controller resources',
} as const satisfies Record<ProblemStatus, string>

/** Whatever the route, these may come. */
const ALWAYS = [400, 403, 500, 503] as const satisfies readonly ProblemStatus[]
/** What a body adds. */
export const BODY_PROBLEMS = [413, 415] as const satisfies readonly ProblemStatus[]

export function problems(...statuses: readonly ProblemStatus[]) {
  return openProblems(401, ...statuses)
}

/** Of a route that needs no token. */
export function openProblems(...statuses: readonly ProblemStatus[]) {
  const all = [...new Set<ProblemStatus>([...ALWAYS, ...statuses])].toSorted(
    (a, b) => a - b
  )
  return Object.fromEntries(
    all.map((status) => [
      status,
      {
        description: REASONS[status],
        content: { 'application/problem+json': { schema: ref(ProblemShape) } },
      },
    ])
  )
}

export function json(description: string, schema: TSchema) {
  return { description, content: { 'application/json': { schema } } }
}

/** 202 with the operation in the body and where to look for it. */
export function accepted(schema: TSchema) {
  return {
    ...json('The operation, durable; the hardware is not touched yet', schema),
    headers: {
      Location: { type: 'string', description: 'Path of the operation' },
    },
  }
}
