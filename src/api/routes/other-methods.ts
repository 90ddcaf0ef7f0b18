/**
 * 405 with `Allow` for a known path and a method that it does not have; Fastify alone answers 404. Looked at only when no
 * route was found: a route for each method that there is not would be a good part of a start.
 */
import type { FastifyRequest } from 'fastify'
import type { App } from '../app.ts'
import { DoorError } from '../error-handler.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a path that fits the route is one that it has an answer for. Default: each is. */
    readonly isThere?: (path: string) => boolean
  }
}

type Known = {
  readonly methods: Set<string>
  readonly fits: (path: string) => boolean
}

/**
 * Collects what is registered from now on. Before the body of a request is read: its type does not matter.
 *
 * @returns throws DoorError method-not-allowed
 */
export function otherMethods(app: App): (request: FastifyRequest) => void {
  const known = new Map<string, Known>()
  app.addHook('onRoute', ({ url, method, config }) => {
    const one = known.get(url) ?? {
      methods: new Set(),
      fits: fitting(url, config?.isThere),
    }
    for (const name of [method].flat()) one.methods.add(name)
    known.set(url, one)
  })
  return (request) => {
    if (!request.is404) return
    const [path = ''] = request.url.split('?')
    const found = [...known.values()].find(({ fits }) => fits(path))
    if (!found || found.methods.has(request.method)) return
    throw new DoorError({
      kind: 'method-not-allowed',
      allowed: [...found.methods].toSorted(),
    })
  }
}

/** Of paths like `/v1/hosts/:id`: a parameter is one segment. */
function fitting(url: string, isThere: (path: string) => boolean = () => true) {
  const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`)
  return (path: string) => pattern.test(path) && isThere(path)
}
