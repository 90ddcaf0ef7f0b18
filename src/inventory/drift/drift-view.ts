/** Drift as callers see it, beside the function that it is of. */
import type { DriftKind, DriftRow } from '../../store/rows.ts'
import { REMEDIES } from './remedies.ts'

export type DriftView = {
  readonly kind: DriftKind
  readonly expected: Readonly<Record<string, unknown>>
  readonly found: Readonly<Record<string, unknown>>
  /** What to do about it. */
  readonly remedy: string
  readonly since: string
}

export function driftView({ kind, expected, found, since }: DriftRow): DriftView {
  return { kind, expected, found, remedy: REMEDIES[kind], since }
}
