/** Names of errnos as the kernel has them: libuv says ENOTSUP for EOPNOTSUPP, and knows no ENETRESET at all. */
import { constants } from 'node:os'

/** Second names of the same numbers. */
const ALIASES = ['EWOULDBLOCK', 'ENOTSUP']

const NAMES = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => !ALIASES.includes(name))
    .map(([name, number]) => [number, name])
)

/** @param errno positive */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`
}
