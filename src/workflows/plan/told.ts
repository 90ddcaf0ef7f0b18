/** What a plan tells of a step, of its doing or of its undo. */
import { isDeepStrictEqual } from 'node:util'
import type { HostChange } from '../../host/change.ts'
import type { KernelWrite } from '../../host/preview.ts'

export type PlannedChange = {
  readonly change: HostChange
  /** In order; none where the machine is as wished already. */
  readonly writes: readonly KernelWrite[]
}

export type Told = {
  readonly changes: readonly PlannedChange[]
  /** Why not everything that it writes can be told before it is done; null: everything is. */
  readonly unforeseen: string | null
  /** What it would wait for, as things are; null: nothing. */
  readonly waitsFor: string | null
}

export const NOTHING_TOLD: Told = { changes: [], unforeseen: null, waitsFor: null }

/** Whether both write the same, and leave the same open. */
export function isSameTold(one: Told, other: Told): boolean {
  return isDeepStrictEqual(essence(one), essence(other))
}

function essence({ changes, unforeseen }: Told) {
  return { writes: changes.flatMap(({ writes }) => writes), unforeseen }
}

export function writesInWords({ changes, unforeseen }: Told): readonly string[] {
  const writes = changes.flatMap(({ writes: each }) => each.map(({ inWords }) => inWords))
  return unforeseen === null ? writes : [...writes, `unforeseen: ${unforeseen}`]
}
