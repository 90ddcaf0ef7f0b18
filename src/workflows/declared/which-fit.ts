/**
 * Of VFs that are to have something else of their primary's pools those that can have it together: each may need what
 * another gives back. What fits stays so while one after the other is retired, and provisioned as it is to be. Pure.
 */
import type { FlexibleKind, FlexibleResources } from '../../nvme/secondary-controller.ts'

export type Going = {
  readonly id: string
  readonly vfNumber: number
  readonly isProvisioned: boolean
  readonly now: FlexibleResources
  readonly toHave: FlexibleResources
}

export const KINDS: readonly FlexibleKind[] = ['vq', 'vi']

/**
 * Where not all can, those that are to grow stay: first those that keep something meanwhile, since one that has nothing is
 * worth more than one that has more, and of them the last.
 *
 * @param left by those that stay in any case
 */
export function whichFit(
  left: FlexibleResources,
  going: readonly Going[]
): ReadonlySet<Going> {
  const fit = new Set(going)
  const fitting = { left, going, fit }
  const staying = going.toSorted(firstToStay)
  for (;;) {
    const lacking = lackingOf(fitting)
    const still = staying.filter((one) => fit.has(one))
    const next =
      still.find(({ now, toHave }) => lacking.some((kind) => toHave[kind] > now[kind])) ??
      still.find((one) => !isSafe(one, fitting))
    if (!next) break
    fit.delete(next)
  }
  // Several that stayed may have left more than was lacking.
  for (;;) {
    const next = staying.findLast((one) => {
      return !fit.has(one) && isSound({ left, going, fit: new Set([...fit, one]) })
    })
    if (!next) return fit
    fit.add(next)
  }
}

type Fitting = {
  readonly left: FlexibleResources
  readonly going: readonly Going[]
  readonly fit: ReadonlySet<Going>
}

function firstToStay(one: Going, other: Going): number {
  const keepsMore = Number(other.isProvisioned) - Number(one.isProvisioned)
  return keepsMore || other.vfNumber - one.vfNumber
}

function isSound(fitting: Fitting): boolean {
  if (lackingOf(fitting).length > 0) return false
  // Where the last that comes back is safe all are.
  const [last] = [...fitting.fit].filter(comesBack).toSorted(firstToStay)
  return !last || isSafe(last, fitting)
}

function lackingOf({ left, going, fit }: Fitting): readonly FlexibleKind[] {
  return KINDS.filter((kind) => {
    const then = going.map((one) => (fit.has(one) ? one.toHave : one.now)[kind])
    return sum(then) > left[kind]
  })
}

/** Once it is retired it stands behind those before it that have nothing, and they would be given what it gave back. */
function isSafe(it: Going, { left, going, fit }: Fitting): boolean {
  if (!comesBack(it)) return true
  const isServedBefore = ({ isProvisioned, vfNumber }: Going) =>
    !isProvisioned && vfNumber < it.vfNumber
  return KINDS.every((kind) => {
    const then = going.map(
      (one) => (fit.has(one) || isServedBefore(one) ? one.toHave : one.now)[kind]
    )
    return sum(then) <= left[kind]
  })
}

/** Once it has been retired. */
function comesBack({ isProvisioned, toHave }: Going): boolean {
  return isProvisioned && KINDS.some((kind) => toHave[kind] > 0)
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
