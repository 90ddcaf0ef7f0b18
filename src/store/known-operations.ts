/**
 * What the entries of an operation are held against and written with. Nobody but the writer changes it, so it reads it once,
 * or not at all when it has made it; what may have been rolled back it reads again.
 */
import type { Prepare } from './operation-columns.ts'

export type KnownOperation = { readonly number: number; readonly fence: number }

const SELECT_KNOWN = 'SELECT "number", "fence" FROM "Operation" WHERE "id" = ?'

/** Those that begin or go on are known; as soon as more of one changes than its steps it is forgotten, so that none stays. */
export class KnownOperations {
  private readonly prepare: Prepare
  private readonly known = new Map<string, KnownOperation>()

  constructor(prepare: Prepare) {
    this.prepare = prepare
  }

  of(id: string): KnownOperation | undefined {
    const known = this.known.get(id)
    if (known) return known
    const read = this.prepare(SELECT_KNOWN).get(id) as KnownOperation | undefined
    if (read) this.known.set(id, read)
    return read
  }

  /** It has just been made. */
  add(id: string, known: KnownOperation): void {
    this.known.set(id, known)
  }

  forget(id: string): void {
    this.known.delete(id)
  }

  forgetAll(): void {
    this.known.clear()
  }
}
