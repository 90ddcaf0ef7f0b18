/** What is asked of every request, whatever its route and even without one, before anything else of it is looked at. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DoorError } from './error-handler.ts'
import { hostCheck } from './host-check.ts'

/** Node answers this one by itself. Source: Node lib/_http_server.js, parserOnIncoming. */
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i

/** @throws DoorError stopping, expectation-failed, malformed, forbidden */
export function entryCheck(allowedHosts: readonly string[], stopping: AbortSignal) {
  const checkHost = hostCheck(allowedHosts)

  return function enter(request: FastifyRequest, reply: FastifyReply): void {
    reply
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
    if (stopping.aborted) throw new DoorError({ kind: 'stopping' })
    requireOneHost(request)
    checkHost(request)
    const { expect } = request.headers
    if (expect !== undefined && !CONTINUE.test(expect)) {
      throw new DoorError({ kind: 'expectation-failed' })
    }
  }
}

/** Node keeps the first of several. Source: RFC 9112, "Request Target": 400 for none, and for more than one. */
function requireOneHost({ raw }: FastifyRequest): void {
  const { length } = raw.headersDistinct['host'] ?? []
  if (length === 1) return
  const reason = `there must be one Host header, and there are ${length}`
  throw new DoorError({ kind: 'malformed', reason })
}

export type EntryCheck = ReturnType<typeof entryCheck>
