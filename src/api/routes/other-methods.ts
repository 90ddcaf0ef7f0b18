/** 405 with `Allow` for a known path and a method that it does not have. Fastify alone answers 404. */
import type { App } from '../app.ts'
import { DoorError } from '../error-handler.ts'

const METHODS = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT', 'OPTIONS'] as const
type Method = (typeof METHODS)[number]

/** Collects what is registered from now on; the returned function registers the rest. */
export function otherMethods(app: App): () => void {
  const known = new Map<string, Set<string>>()
  let collecting = true
  app.addHook('onRoute', ({ url, method }) => {
    if (!collecting) return
    const methods = known.get(url) ?? new Set()
    for (const name of [method].flat()) methods.add(name)
    known.set(url, methods)
  })
  return () => {
    collecting = false
    for (const [url, methods] of known) refuseOthers(app, url, methods)
  }
}

function refuseOthers(app: App, url: string, methods: ReadonlySet<string>): void {
  const allowed = [...methods].toSorted()
  const others = METHODS.filter((method) => !methods.has(method)) as Method[]
  app.route({
    method: others,
    url,
    config: { open: true },
    schema: { hide: true },
    // Before the body is read: its type does not matter.
    onRequest: async () => {
      throw new DoorError({ kind: 'method-not-allowed', allowed })
    },
    handler: () => undefined,
  })
}
