/** What keeps the database from being opened or written, and what that means to whoever asked. */
import { RoomError, type Trouble } from '../errors.ts'

/** Refused rows have classes of their own (StaleFence, IdempotencyTaken). */
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
  /** Whatever it is told: the disk is full, cannot be written, or somebody else has the database. `code` is SQLite's. */
  | { readonly kind: 'unwritable'; readonly code: string }
  /** What it was told. */
  | { readonly kind: 'refused' }

export class StoreError extends RoomError {
  readonly problem: StoreProblem

  constructor(doing: string, problem: StoreProblem, cause?: unknown) {
    super(doing, meaningOf(problem), cause)
    this.name = 'StoreError'
    this.problem = problem
  }
}

/** A row that is refused should not have been written; with the rest nobody comes so far as to ask. */
function meaningOf(problem: StoreProblem): Trouble | undefined {
  if (problem.kind === 'unwritable')
    return { kind: 'not-durable', why: `the database answers ${problem.code}` }
  if (problem.kind === 'writer-ended')
    return { kind: 'not-durable', why: 'the database is written no more' }
  return undefined
}
