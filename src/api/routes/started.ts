import type { FastifyReply } from 'fastify'
import type { OperationView } from '../../workflows/workflows.ts'

/** 202: the work is durable and will be done; the operation says how far it is. */
export function sendStarted(reply: FastifyReply, operation: OperationView) {
  return reply
    .code(202)
    .header('location', `/v1/operations/${operation.id}`)
    .send(operation)
}
