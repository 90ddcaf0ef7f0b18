/** Of a request that may come without a body, which is then that of an empty object. */
import type { FastifyRequest } from 'fastify'

export async function emptyBodyIsEmptyObject(request: FastifyRequest): Promise<void> {
  request.body ??= {}
}
