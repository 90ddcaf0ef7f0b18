/** Checks whose refusal a request may override, each by its own name. */
export const ACCEPTABLE = ['not-tenant-safe', 'isolation-weakened'] as const

export type Acceptable = (typeof ACCEPTABLE)[number]
