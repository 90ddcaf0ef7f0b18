/** What keeps the database from being opened or written. Refused rows have classes of their own (StaleFence, IdempotencyTaken). */
export type StoreProblem =
  | { readonly kind: 'folder-in-use'; readonly folder: string; readonly pid: number | null }
  /** The text of an applied migration differs from the one that this nvirt knows. */
  | { readonly kind: 'migration-changed'; readonly migration: string }
  /** The database was made by a later nvirt. */
  | { readonly kind: 'migration-unknown'; readonly migration: string }
  /** Begun by other means and never finished. */
  | { readonly kind: 'migration-unfinished'; readonly migration: string }
  | { readonly kind: 'migration-failed'; readonly migration: string }
  | { readonly kind: 'migrations-missing'; readonly folder: string }
  /** The database does not keep what it was told: a pragma reads back otherwise. */
  | { readonly kind: 'not-durable'; readonly pragma: string; readonly found: string }
  | { readonly kind: 'writer-ended' }
  | { readonly kind: 'refused' }

export class StoreError extends Error {
  readonly problem: StoreProblem

  constructor(doing: string, problem: StoreProblem, cause?: unknown) {
    super(doing, cause === undefined ? undefined : { cause })
    this.name = 'StoreError'
    this.problem = problem
  }
}
