/**
 * Idempotency-Key: the same key with the same request gives the same operation; with another request it is a conflict.
 * Source: IETF draft-ietf-httpapi-idempotency-key-header, "Idempotency Key".
 */
import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { IdempotencyKey } from '../workflows/workflows.ts'

export const idempotencyHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '^[!-~]+$',
      description:
        'Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters.',
    })
  ),
})

export function idempotencyKey(request: FastifyRequest): IdempotencyKey | undefined {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string') return undefined
  const hashed = `${request.method}\n${request.url}\n${canonicalJson(request.body ?? null)}`
  return { key, requestHash: createHash('sha256').update(hashed).digest('hex') }
}

/** Object keys in order, so that a client may write them in any. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part
  )
}
