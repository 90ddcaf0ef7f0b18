/** From a request for a controller with chosen namespaces to how it comes to have them. */
import type { ControlPlaneError } from '../../errors.ts'
import { pciAddress } from '../../nvme/pci-address.ts'
import type { ControllerRow } from '../../store/rows.ts'
import type { AssignParams } from '../assign-params.ts'
import { refused } from '../define-workflow.ts'
import { noNamespaceManagement, noSpokesman } from '../guards/direct.ts'
import { exactly, throughSpokesman } from './assign-params-of.ts'
import { nsidsOf, requireNotPromised } from './namespaces-of-request.ts'
import { requireFree, type RequestContext } from './prepared.ts'
import { managesNamespaces, siblingsOf } from './subsystem.ts'

/** @throws ControlPlaneError invalid, guard, conflict */
export function withNamespaces(
  context: RequestContext,
  row: ControllerRow,
  params: AssignParams,
  namespaceIds: readonly string[]
): AssignParams {
  const field = (_: number, index: number) => `namespaceIds/${index}`
  const nsids = nsidsOf(context, row, [namespaceIds], field).flat()
  const siblings = siblingsOf(context.store, row)
  const [spokesman] = siblings
  if (!spokesman) throw refusing(row, noSpokesman(pciAddress(row.address)))
  if (!managesNamespaces(spokesman))
    throw refusing(row, noNamespaceManagement(spokesman.address))
  requireNotPromised(context, row, nsids)
  for (const { id, address } of siblings) requireFree(context, id, address, 'shared')
  const chosen = exactly(context.store, row, params, nsids)
  return throughSpokesman(context.store, row, chosen)
}

function refusing(
  { address }: ControllerRow,
  refusal: ReturnType<typeof noSpokesman>
): ControlPlaneError {
  return refused(`looking at ${address}`, [refusal])
}
