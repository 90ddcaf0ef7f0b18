/** Every error that leaves the door is a problem: ours, Fastify's, and bugs, which are logged with their causes. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ControlPlaneError, RoomError } from '../errors.ts'
import { problemOf } from './problem.ts'
import type { AnyTrouble, DoorTrouble } from './problem.ts'
import { fieldErrors } from './validation-errors.ts'

export const PROBLEM_TYPE = 'application/problem+json'
export const BODY_LIMIT_BYTES = 64 * 1024

/** A refusal at the door, before a service was asked. */
export class DoorError extends Error {
  readonly trouble: AnyTrouble

  constructor(trouble: AnyTrouble) {
    super(trouble.kind)
    this.name = 'DoorError'
    this.trouble = trouble
  }
}

export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const trouble = troubleOf(error)
  if (trouble.kind === 'bug' || trouble.kind === 'not-durable')
    request.log.error({ causes: causesOf(error) }, trouble.kind)
  const doing = error instanceof ControlPlaneError ? error.message : undefined
  return sendProblem(request, reply, trouble, doing)
}

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  trouble: AnyTrouble,
  doing?: string
) {
  const problem = problemOf(trouble, request.id, doing)
  for (const [name, value] of Object.entries(headersOf(trouble))) reply.header(name, value)
  reply.header('x-request-id', request.id)
  return reply.code(problem.status).type(PROBLEM_TYPE).send(problem)
}

export function troubleOf(error: unknown): AnyTrouble {
  if (error instanceof ControlPlaneError || error instanceof DoorError) return error.trouble
  if (error instanceof RoomError && error.means) return error.means
  if (!isFastifyError(error)) return { kind: 'bug' }
  if (error.validation) {
    const context = error.validationContext ?? 'request'
    return { kind: 'invalid-fields', errors: fieldErrors(error.validation, context) }
  }
  return byStatus(error)
}

/** Fastify's own errors: what it could not read. Anything without a 4xx status is a bug of ours. */
function byStatus(error: FastifyError): DoorTrouble {
  const { statusCode, message } = error
  if (statusCode === 413) return { kind: 'payload-too-large', limitBytes: BODY_LIMIT_BYTES }
  if (statusCode === 415) return { kind: 'unsupported-media-type' }
  if (statusCode === 400 || statusCode === 414)
    return { kind: 'malformed', reason: message }
  return { kind: 'bug' }
}

/** Headers that HTTP asks for with some statuses. Source: RFC 9110, "Client Error 4xx", "Server Error 5xx". */
function headersOf(trouble: AnyTrouble): Readonly<Record<string, string>> {
  const { kind } = trouble
  if (kind === 'unauthenticated') return { 'www-authenticate': 'Bearer realm="nvirt"' }
  if (kind === 'method-not-allowed') return { allow: trouble.allowed.join(', ') }
  if (kind === 'upgrade-required') return { upgrade: 'websocket', connection: 'Upgrade' }
  if (kind === 'stopping' || kind === 'host-away' || kind === 'not-durable')
    return { 'retry-after': '5' }
  return {}
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && 'statusCode' in error
}

/** The chain of causes, for the log only. */
function causesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [String(error)]
  const own = error.stack ?? error.message
  return error.cause === undefined ? [own] : [own, ...causesOf(error.cause)]
}
