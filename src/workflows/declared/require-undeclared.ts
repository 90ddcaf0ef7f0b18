/** Where VFs are declared, nobody provisions or retires them beside that: it would be put right again at once. */
import type { ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { refused } from '../define-workflow.ts'

/** @throws ControlPlaneError guard */
export function requireUndeclared({ read }: Store, { id, address }: ControllerRow): void {
  if (read.virtualFunctionPolicy(id)) throw declared(address, 'its VFs are declared')
}

/** Those that are not declared may go, and one that was half retired must. @throws ControlPlaneError guard */
export function requireSurplus(
  { read }: Store,
  { id, address }: ControllerRow,
  { vfNumber, provisioned }: VirtualFunctionRow
): void {
  const { virtualFunctions = [] } = read.virtualFunctionPolicy(id) ?? {}
  const isLeftOver = provisioned?.quarantine !== undefined
  if (vfNumber > virtualFunctions.length || isLeftOver) return
  throw declared(address, `VF ${vfNumber} is declared, and would be provisioned again`)
}

function declared(device: string, reason: string) {
  return refused(`looking at what is declared of ${device}`, [
    {
      check: 'virtual-functions-declared',
      device,
      reason,
      remedy: 'Declare other virtual functions, or delete the virtual function policy.',
    },
  ])
}
