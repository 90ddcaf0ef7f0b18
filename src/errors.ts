/**
 * Transport-free trouble: what a service function says to its caller. `api/problem.ts` is the only file that turns
 * it into a status code. Kernel and host failures have classes of their own in their rooms.
 */
export type Trouble =
  | { readonly kind: 'not-found'; readonly resource: string; readonly id: string }
  | { readonly kind: 'invalid'; readonly field: string; readonly reason: string }
  /** The resource is in a state that forbids this. `allowedFrom` are the states from which it is allowed. */
  | {
      readonly kind: 'wrong-state'
      readonly resource: string
      readonly id: string
      readonly state: string
      readonly allowedFrom: readonly string[]
      /** What to do instead, where it is not to wait for such a state. */
      readonly remedy?: string
    }
  /** Another operation has a conflicting intent on the same function. */
  | { readonly kind: 'conflict'; readonly device: string; readonly operationId: string }
  /** The same Idempotency-Key came with another request; or with the same, which nobody has answered. */
  | {
      readonly kind: 'idempotency-conflict'
      readonly key: string
      readonly unanswered?: true
    }
  | {
      readonly kind: 'insufficient-resources'
      readonly device: string
      readonly resource: 'vq' | 'vi' | 'virtual functions'
      readonly requested: number
      readonly available: number
      /** Of the same kind, flexible ones that the primary has for itself and could give up. */
      readonly heldByPrimary?: number
    }
  | { readonly kind: 'guard'; readonly refusals: readonly Refusal[] }
  /** The world has moved since the plan was made: it would do something else now. */
  | {
      readonly kind: 'plan-outdated'
      readonly planId: string
      readonly moved: readonly Moved[]
    }
  | { readonly kind: 'host-away'; readonly hostId: string; readonly why: string }
  /** What was asked for could not be written, so that it would not have lasted. */
  | { readonly kind: 'not-durable'; readonly why: string }
  | { readonly kind: 'unauthenticated'; readonly reason: string }
  | { readonly kind: 'forbidden'; readonly reason: string }

/** One failed check of a guard: what is wrong, on which device, and what to do about it. */
export type Refusal = {
  /** Stable kebab-case name of the check: `namespace-mounted`, `group-not-viable` ... */
  readonly check: string
  /** PCI address, block device or namespace that the check looked at. */
  readonly device: string
  readonly reason: string
  readonly remedy: string
}

/** What a plan was made of, or would do, and what is found in its place. */
export type Moved = {
  /** PCI address where the host answers otherwise; else what the plan is for. */
  readonly device: string
  /** `binding`, `usage`, `secondaries`: what the host was asked. `step bind-vfio`, `asked for: virtualFunctions`, `refused`. */
  readonly what: string
  readonly planned: unknown
  readonly found: unknown
}

export class ControlPlaneError extends Error {
  readonly trouble: Trouble

  constructor(doing: string, trouble: Trouble, cause?: unknown) {
    super(doing, cause === undefined ? undefined : { cause })
    this.name = 'ControlPlaneError'
    this.trouble = trouble
  }
}

/** A failure of another room that may be trouble for whoever asked. */
export class RoomError extends Error {
  /** undefined: a bug. */
  readonly means: Trouble | undefined

  constructor(doing: string, means: Trouble | undefined, cause?: unknown) {
    super(doing, cause === undefined ? undefined : { cause })
    this.name = 'RoomError'
    this.means = means
  }
}
