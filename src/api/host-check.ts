/**
 * Who may be talking to us at all. A page in the operator's browser can send requests to 127.0.0.1, and with DNS
 * rebinding under a name of its own; so the Host header must be a name of ours, and an Origin, which browsers send
 * and pages cannot forge, must be the same place.
 */
import type { FastifyRequest } from 'fastify'
import { DoorError } from './error-handler.ts'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** @param allowedHosts names without port, besides the loopback names; IPv6 with or without brackets */
export function hostCheck(allowedHosts: readonly string[]) {
  const names = new Set([...LOOPBACK, ...allowedHosts.map(bracketed)])

  return function checkHost(request: FastifyRequest): void {
    const { host, origin } = request.headers
    const called = authorityOf(`http://${host ?? ''}`)
    if (called === undefined || !names.has(called.hostname)) {
      throw forbidden(
        `the Host header names ${host ?? 'nothing'}, which is not this service`
      )
    }
    if (origin === undefined) return
    const from = authorityOf(origin)
    if (from === undefined || !samePlace(from, called)) {
      throw forbidden(`the Origin ${origin} is not this service`)
    }
  }
}

/** A URL without path, user or query: what a Host or an Origin header may say. */
function authorityOf(text: string): URL | undefined {
  if (!/^https?:\/\/[^/?#@\\\s]+$/.test(text) || !URL.canParse(text)) return undefined
  return new URL(text)
}

/** Behind a proxy that ends TLS the Origin is https, and the Host is without port just the same. */
function samePlace(from: URL, called: URL): boolean {
  return from.hostname === called.hostname && from.port === called.port
}

function bracketed(name: string): string {
  const lower = name.toLowerCase()
  return lower.includes(':') && !lower.startsWith('[') ? `[${lower}]` : lower
}

function forbidden(reason: string): DoorError {
  return new DoorError({ kind: 'forbidden', reason })
}
