/** Who asks. Every service function takes its caller first; operations, events and assignments store actor and tenant. */
export type Caller = {
  /** `token:admin`, `demo`, `system`. */
  readonly actor: string
  /** Owner of what is made. `default` until tenants exist. */
  readonly tenant: string
  readonly roles: readonly Role[]
}

export type Role = 'viewer' | 'operator' | 'admin'

/** nvirt itself: scans, resumed operations. */
export const SYSTEM: Caller = { actor: 'system', tenant: 'default', roles: ['admin'] }

/** Everybody, on the demo fleet. */
export const DEMO: Caller = { actor: 'demo', tenant: 'default', roles: ['admin'] }

/** Whoever holds the token that the first start wrote. */
export const ADMIN: Caller = { actor: 'token:admin', tenant: 'default', roles: ['admin'] }
