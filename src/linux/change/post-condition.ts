/** What a change left behind, compared with what it was for. */
import type { HostChange } from '../../host/change.ts'
import { HostDriverError } from '../../host/driver.ts'
import { changeInWords } from './change-in-words.ts'

/** @throws {HostDriverError} no-effect */
export function expectEffect(
  change: HostChange,
  effect: { readonly expected: string; readonly found: string }
): void {
  if (effect.expected === effect.found) return
  throw new HostDriverError(changeInWords(change), { kind: 'no-effect', ...effect })
}
