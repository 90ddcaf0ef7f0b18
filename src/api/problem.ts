/**
 * RFC 9457 problems: the only file that knows status codes. A new kind of trouble does not compile until it has a row in
 * STATUS and a sentence in `explain`.
 */
import type { Moved, Refusal, Trouble } from '../errors.ts'
import { explain } from './explanation.ts'

/** What can go wrong at the door itself, before a service is asked. */
export type DoorTrouble =
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'invalid-fields'; readonly errors: readonly FieldError[] }
  | { readonly kind: 'request-timeout' }
  | { readonly kind: 'head-too-large' }
  | { readonly kind: 'expectation-failed' }
  | { readonly kind: 'no-such-route'; readonly method: string; readonly path: string }
  | { readonly kind: 'method-not-allowed'; readonly allowed: readonly string[] }
  | { readonly kind: 'payload-too-large'; readonly limitBytes: number }
  | { readonly kind: 'unsupported-media-type' }
  | { readonly kind: 'upgrade-required' }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'bug' }

export type FieldError = { readonly field: string; readonly message: string }

export type AnyTrouble = Trouble | DoorTrouble

const STATUS = {
  malformed: { status: 400, title: 'The request cannot be read' },
  invalid: { status: 400, title: 'A field is not valid' },
  'invalid-fields': { status: 400, title: 'Fields are not valid' },
  unauthenticated: { status: 401, title: 'A token is needed' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'No such resource' },
  'no-such-route': { status: 404, title: 'No such route' },
  'method-not-allowed': { status: 405, title: 'Method not allowed here' },
  'wrong-state': { status: 409, title: 'The resource is in a state that forbids this' },
  conflict: { status: 409, title: 'Another operation has a conflicting intent' },
  'idempotency-conflict': {
    status: 409,
    title: 'Idempotency-Key used for another request',
  },
  guard: { status: 409, title: 'Refused for safety' },
  'plan-outdated': { status: 409, title: 'The world has moved since the plan was made' },
  'request-timeout': { status: 408, title: 'The request took too long to come' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'Only JSON is understood' },
  'expectation-failed': { status: 417, title: 'The Expect header asks for the unknown' },
  'upgrade-required': { status: 426, title: 'This is a WebSocket' },
  'head-too-large': { status: 431, title: 'The head of the request is too large' },
  bug: { status: 500, title: 'Something is wrong in nvirt' },
  'host-away': { status: 503, title: 'The host does not answer' },
  'not-durable': { status: 503, title: 'The database cannot be written' },
  stopping: { status: 503, title: 'The service is stopping' },
  'insufficient-resources': { status: 507, title: 'Not enough controller resources' },
} as const satisfies Record<
  AnyTrouble['kind'],
  { readonly status: number; readonly title: string }
>

export type ProblemStatus = (typeof STATUS)[AnyTrouble['kind']]['status']

export type Problem = {
  /** Stable: `urn:nvirt:problem:wrong-state`. */
  readonly type: string
  readonly title: string
  readonly status: ProblemStatus
  readonly detail: string
  /** Names this request in the log. */
  readonly instance: string
  readonly remedy?: string
  readonly errors?: readonly FieldError[]
  readonly resource?: string
  readonly id?: string
  readonly state?: string
  readonly allowedFrom?: readonly string[]
  readonly device?: string
  readonly requested?: number
  readonly available?: number
  readonly heldByPrimary?: number
  readonly operationId?: string
  readonly hostId?: string
  readonly refusals?: readonly Refusal[]
  readonly planId?: string
  readonly moved?: readonly Moved[]
}

/**
 * @param doing what nvirt was doing, as the error says it: `assigning VF 3`
 * @param requestId of the request that it answers
 */
export function problemOf(trouble: AnyTrouble, requestId: string, doing?: string): Problem {
  const { status, title } = STATUS[trouble.kind]
  const { detail, remedy } = explain(trouble)
  return {
    type: `urn:nvirt:problem:${trouble.kind === 'invalid-fields' ? 'invalid' : trouble.kind}`,
    title,
    status,
    detail: doing ? `${capital(doing)}: ${detail}` : capital(detail),
    instance: `urn:uuid:${requestId}`,
    ...(remedy === undefined ? {} : { remedy }),
    ...membersOf(trouble),
  }
}

/** Extension members: the parts of the trouble that a program may act on. */
function membersOf(trouble: AnyTrouble): Partial<Problem> {
  switch (trouble.kind) {
    case 'invalid':
      return { errors: [{ field: trouble.field, message: trouble.reason }] }
    case 'invalid-fields':
      return { errors: trouble.errors }
    case 'not-found':
      return { resource: trouble.resource, id: trouble.id }
    case 'wrong-state': {
      const { resource, id, state, allowedFrom } = trouble
      return { resource, id, state, allowedFrom }
    }
    case 'conflict':
      return { device: trouble.device, operationId: trouble.operationId }
    case 'insufficient-resources': {
      const { kind: _, ...members } = trouble
      return members
    }
    case 'guard':
      return { refusals: trouble.refusals }
    case 'plan-outdated':
      return { planId: trouble.planId, moved: trouble.moved }
    case 'host-away':
      return { hostId: trouble.hostId }
    case 'malformed':
    case 'unauthenticated':
    case 'forbidden':
    case 'request-timeout':
    case 'head-too-large':
    case 'expectation-failed':
    case 'no-such-route':
    case 'method-not-allowed':
    case 'idempotency-conflict':
    case 'payload-too-large':
    case 'unsupported-media-type':
    case 'upgrade-required':
    case 'bug':
    case 'not-durable':
    case 'stopping':
      return {}
  }
}

function capital(sentence: string): string {
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1)
}
