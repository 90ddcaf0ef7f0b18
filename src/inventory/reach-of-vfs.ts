/**
 * What the VFs of a primary say of themselves, kept with their primary: most of the time they are with guests, or have no
 * driver, and cannot be asked.
 */
import type { FunctionObservation } from '../host/observation.ts'
import type { ObservedController, ReachOfVf } from '../store/rows.ts'

/** @param functions of the host, as this scan saw them */
export function withReachOfVfs(
  primary: FunctionObservation,
  known: ObservedController | undefined,
  functions: readonly FunctionObservation[]
): ObservedController {
  const told = functions.flatMap((one) => reachTold(primary, one))
  const kept = (known?.reachOfVfs ?? []).filter(
    ({ vfNumber }) => !told.some((one) => one.vfNumber === vfNumber)
  )
  const reachOfVfs = [...kept, ...told].toSorted((a, b) => a.vfNumber - b.vfNumber)
  return reachOfVfs.length === 0 ? primary : { ...primary, reachOfVfs }
}

function reachTold(
  { address }: FunctionObservation,
  { vf, controller }: FunctionObservation
): readonly ReachOfVf[] {
  if (vf?.pf !== address || !controller?.tenantReach) return []
  const { firmware, tenantReach } = controller
  return [{ vfNumber: vf.vfNumber, firmware, reach: tenantReach }]
}
