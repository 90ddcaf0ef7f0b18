/** Whose rows a caller may see. Goes into the query: a list is never filtered afterwards. */
import type { Caller } from './caller.ts'

/** null: everybody's. */
export function tenantFilter(caller: Caller): string | null {
  return caller.roles.includes('admin') ? null : caller.tenant
}
