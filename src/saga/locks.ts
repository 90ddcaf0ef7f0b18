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
  readonly waitsFor: () => readonly string[]
  /** Resolves when somebody ahead has gone. */
  readonly moved: () => Promise<void>
  /** Safe to repeat. */
  readonly release: () => void
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

type Waiting = {
  readonly operationId: string
  readonly names: readonly string[]
  tell: () => void
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
    const waiting: Waiting = { operationId, names, tell: () => {} }
    if (names.length > 0) queue.push(waiting)
    return {
      names,
      waitsFor: () => ahead(waiting),
      moved: () => new Promise((resolve) => (waiting.tell = resolve)),
      release: () => release(waiting),
    }
  }

  function ahead(waiting: Waiting): readonly string[] {
    const before = queue.slice(0, Math.max(0, queue.indexOf(waiting)))
    const conflicting = before.filter(
      ({ operationId, names }) =>
        operationId !== waiting.operationId &&
        names.some((name) => waiting.names.includes(name))
    )
    return [...new Set(conflicting.map(({ operationId }) => operationId))]
  }

  function release(waiting: Waiting): void {
    const position = queue.indexOf(waiting)
    if (position < 0) return
    queue.splice(position, 1)
    for (const behind of queue.slice(position)) behind.tell()
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
