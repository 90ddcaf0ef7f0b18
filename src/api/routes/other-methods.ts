/** 405 with `Allow` for a known path and a method that it does not have. Fastify alone answers 404. */
import type { FastifyRequest } from 'fastify'
import type { App } from '../app.ts'
import { DoorError } from '../error-handler.ts'

const METHODS = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT', 'OPTIONS'] as const
type Method = (typeof METHODS)[number]

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the path is one of those that the route has an answer for. Default: each is. */
    readonly isThere?: (request: FastifyRequest) => boolean
  }
}

type Known = {
  readonly methods: Set<string>
  readonly isThere: ((request: FastifyRequest) => boolean) | undefined
}

/** Collects what is registered from now on; the returned function registers the rest. */
export function otherMethods(app: App): () => void {
  const known = new Map<string, Known>()
  let collecting = true
  app.addHook('onRoute', ({ url, method, config }) => {
    if (!collecting) return
    const one = known.get(url) ?? { methods: new Set(), isThere: config?.isThere }
    for (const name of [method].flat()) one.methods.add(name)
    known.set(url, one)
  })
  return () => {
    collecting = false
    for (const [url, one] of known) refuseOthers(app, url, one)
  }
}

function refuseOthers(app: App, url: string, { methods, isThere }: Known): void {
  const allowed = [...methods].toSorted()
  const others = METHODS.filter((method) => !methods.has(method)) as Method[]
  app.route({
    method: others,
    url,
    config: { open: true },
    schema: { hide: true },
    // Before the body is read: its type does not matter.
    onRequest: async (request, reply) => {
      if (isThere?.(request) === false) return void reply.callNotFound()
      throw new DoorError({ kind: 'method-not-allowed', allowed })
    },
    handler: () => undefined,
  })
}
