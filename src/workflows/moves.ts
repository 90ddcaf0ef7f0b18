/**
 * What a step does to a host: changes, and changes that depend on a look taken just before. Each run looks again, so a
 * list of moves may be run twice.
 */
import type { HostChange } from '../host/change.ts'
import { HostDriverError } from '../host/driver.ts'
import type { HostAnswer, HostQuery } from '../host/query.ts'
import type { Apply, Ask } from './host-session.ts'

export type Move = HostChange | Look

export type Look = { readonly look: (ask: Ask) => Promise<readonly Move[]> }

/** Asks, and goes on with what the answer calls for. */
export function look<Q extends HostQuery>(
  query: Q,
  then: (answer: HostAnswer<Q>) => readonly Move[]
): Look {
  return { look: async (ask) => then(await ask(query)) }
}

/** @returns the writes that were made, in words: what a step logs */
export async function carryOut(
  moves: readonly Move[],
  ask: Ask,
  apply: Apply
): Promise<readonly string[]> {
  const writes: string[] = []
  for (const move of moves) {
    const made =
      'look' in move ? await carryOut(await move.look(ask), ask, apply) : await apply(move)
    writes.push(...made)
  }
  return writes
}

/**
 * For an undo: what has gone needs no undoing. Each move by itself, since a namespace that was deleted meanwhile must not
 * keep another one from being attached again.
 */
export async function carryOutIfThere(
  moves: readonly Move[],
  ask: Ask,
  apply: Apply
): Promise<readonly string[]> {
  const writes: string[] = []
  for (const move of moves) {
    const made = await unlessGone(async () =>
      'look' in move ? carryOutIfThere(await move.look(ask), ask, apply) : apply(move)
    )
    writes.push(...made)
  }
  return writes
}

async function unlessGone(
  work: () => Promise<readonly string[]>
): Promise<readonly string[]> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof HostDriverError && error.failure.kind === 'gone') return []
    throw error
  }
}
