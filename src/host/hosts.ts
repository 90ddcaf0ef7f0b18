/** The registry: which hosts there are, and the driver of each that can be reached. */
import type { HostDriver } from './driver.ts'

export type RegisteredHost =
  | { readonly id: string; readonly reach: 'reachable'; readonly driver: HostDriver }
  | { readonly id: string; readonly reach: 'away'; readonly why: string }

export interface Hosts {
  all: () => readonly RegisteredHost[]
  get: (id: string) => RegisteredHost | undefined
  set: (host: RegisteredHost) => void
}

export function createHosts(): Hosts {
  const byId = new Map<string, RegisteredHost>()
  return {
    all: () => [...byId.values()],
    get: (id) => byId.get(id),
    set: (host) => void byId.set(host.id, host),
  }
}
