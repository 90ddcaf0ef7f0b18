/** What a plan names, and whether what is written then is that. */
import type { KernelWrite } from '../../src/host/preview.ts'
import type { Told } from '../../src/workflows/plan/told.ts'

/** A write that a plan names, or any number of them, where it says that it cannot tell. */
export type Named<Write> =
  { readonly write: Write; readonly optional: boolean } | { readonly unforeseen: string }

/** @param seen a write as it is seen when it is made */
export function namedIn<Write>(
  { changes, unforeseen }: Told,
  seen: (write: KernelWrite['write']) => Write
): readonly Named<Write>[] {
  const named = changes
    .flatMap(({ writes }) => writes)
    .map(({ write, onlyIf }) => ({ write: seen(write), optional: onlyIf !== null }))
  return unforeseen === null ? named : [...named, { unforeseen }]
}

/** In order, every write that is certain and none that is not named. undefined: so it is. */
export function firstUnnamed<Write>(
  named: readonly Named<Write>[],
  written: readonly Write[]
): string | undefined {
  const [next, ...rest] = named
  const [write, ...others] = written
  if (next === undefined) return write && `not named: ${JSON.stringify(write)}`
  if ('unforeseen' in next) {
    const here = firstUnnamed(rest, written)
    return here === undefined || write === undefined ? here : firstUnnamed(named, others)
  }
  const isIt = write !== undefined && JSON.stringify(write) === JSON.stringify(next.write)
  if (isIt) {
    const taken = firstUnnamed(rest, others)
    return taken === undefined || !next.optional ? taken : firstUnnamed(rest, written)
  }
  if (next.optional) return firstUnnamed(rest, written)
  return `named ${JSON.stringify(next.write)}, and written ${JSON.stringify(write)}`
}
