import type { Server } from 'node:net'

/** @throws Error when it does not listen on a port */
export function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen')
  return address.port
}
