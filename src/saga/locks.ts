/**
 * Locks of operations, in this process: who asked first is served first, and whoever waits knows for whom.
 *
 * Names have a kind, the text before the first colon, and a kind belongs to one level: held for a whole operation, or for
 * one step. An operation asks for all its locks of a level at once, and while it holds a step's locks it asks for
 * nothing more. So an operation's request waits only for operations' and a step's only for steps': no circle can close.
 */
export type LockLevel = 'operation' | 'step'

export interface LockRequest {
  readonly names: readonly string[]
  /** Operations that asked before for one of these locks and have not released it; empty: the locks are held. */
  waitsFor(): readonly string[]
  /** Nobody is ahead. */
  isHeld(): boolean
  /** Resolves when somebody ahead has gone. */
  moved(): Promise<void>
  /** Safe to repeat. */
  release(): void
}

export interface Locks {
  /** @throws Error (a bug) when a kind of lock is asked for on both levels. */
  readonly request: (
    operationId: string,
    level: LockLevel,
    names: readonly string[]
  ) => LockRequest
  /** Locks that the operation holds or waits for. */
  readonly of: (operationId: string) => readonly string[]
}

class Waiting implements LockRequest {
  readonly operationId: string
  readonly names: readonly string[]
  private readonly queue: Waiting[]
  private tell: (() => void) | undefined

  /** In the order in which they asked. */
  constructor(queue: Waiting[], operationId: string, names: readonly string[]) {
    this.queue = queue
    this.operationId = operationId
    this.names = names
    if (names.length > 0) queue.push(this)
  }

  waitsFor(): readonly string[] {
    return [...new Set(this.ahead())]
  }

  isHeld(): boolean {
    return this.ahead().length === 0
  }

  moved(): Promise<void> {
    return new Promise((resolve) => (this.tell = resolve))
  }

  release(): void {
    const position = this.queue.indexOf(this)
    if (position < 0) return
    this.queue.splice(position, 1)
    for (const behind of this.queue.slice(position)) behind.tell?.()
  }

  private ahead(): readonly string[] {
    const ids: string[] = []
    const before = this.queue.slice(0, Math.max(0, this.queue.indexOf(this)))
    for (const { operationId, names } of before) {
      const conflicts = names.some((name) => this.names.includes(name))
      if (conflicts && operationId !== this.operationId) ids.push(operationId)
    }
    return ids
  }
}

export function createLocks(): Locks {
  const queue: Waiting[] = []
  const levels = new Map<string, LockLevel>()

  function request(
    operationId: string,
    level: LockLevel,
    names: readonly string[]
  ): LockRequest {
    for (const name of names) keepLevel(levels, name, level)
    return new Waiting(queue, operationId, names)
  }

  return {
    request,
    of: (id) =>
      queue.filter(({ operationId }) => operationId === id).flatMap(({ names }) => names),
  }
}

function keepLevel(levels: Map<string, LockLevel>, name: string, level: LockLevel): void {
  const kind = name.split(':', 1)[0] ?? name
  const known = levels.get(kind) ?? level
  if (known !== level)
    throw new Error(`lock ${name}: ${kind} is a lock of the level ${known}`)
  levels.set(kind, known)
}
