/** Everything that can be asked of the hardware, as a value: what an operation is made of, and what a plan is kept with. */
import { tenantFilter } from '../../access/tenant-filter.ts'
import type { AssignRequest, ProvisionRequest, ReleaseRequest } from '../workflows.ts'
import type { ResizePrimaryRequest } from '../workflows.ts'
import { prepareAdopt } from './adopt-request.ts'
import { controllerOfRequest, prepareAssign } from './assign-request.ts'
import { prepareHeal } from './heal-request.ts'
import { found, type Prepared, type RequestContext } from './prepared.ts'
import { prepareProvision } from './provision-request.ts'
import { prepareRelease } from './release-request.ts'
import { prepareResize } from './resize-request.ts'
import { prepareRetire } from './retire-request.ts'

export type ChangeRequest =
  | {
      readonly ask: 'provision'
      readonly controllerId: string
      readonly request: ProvisionRequest
    }
  | {
      readonly ask: 'resizePrimary'
      readonly controllerId: string
      readonly request: ResizePrimaryRequest
    }
  | { readonly ask: 'retire' | 'adopt'; readonly virtualFunctionId: string }
  | { readonly ask: 'heal'; readonly functionId: string }
  | { readonly ask: 'assign'; readonly request: AssignRequest }
  | {
      readonly ask: 'release'
      readonly assignmentId: string
      readonly request: ReleaseRequest
    }

/** @throws ControlPlaneError not-found, invalid, forbidden, conflict, wrong-state, insufficient-resources, guard, host-away */
export async function prepareRequest(
  context: RequestContext,
  asked: ChangeRequest
): Promise<Prepared> {
  switch (asked.ask) {
    case 'provision':
      return prepareProvision(context, asked.controllerId, asked.request)
    case 'resizePrimary':
      return prepareResize(context, asked.controllerId, asked.request)
    case 'retire':
      return prepareRetire(context, asked.virtualFunctionId)
    case 'adopt':
      return prepareAdopt(context, asked.virtualFunctionId)
    case 'heal':
      return prepareHeal(context, asked.functionId)
    case 'assign':
      return prepareAssign(context, asked.request)
    case 'release':
      return prepareRelease(context, asked.assignmentId, asked.request)
  }
}

/**
 * The controller whose line a request joins, with all controllers of its subsystem.
 *
 * @throws ControlPlaneError not-found
 */
export function controllerOf(
  { store, caller }: Pick<RequestContext, 'store' | 'caller'>,
  asked: ChangeRequest
): string {
  const { read } = store
  const primaryOf = (id: string) => read.virtualFunction(id)?.controllerId ?? id
  switch (asked.ask) {
    case 'provision':
    case 'resizePrimary':
      return asked.controllerId
    case 'retire':
    case 'adopt':
      return primaryOf(asked.virtualFunctionId)
    case 'heal':
      return primaryOf(asked.functionId)
    case 'assign':
      return controllerOfRequest(store, asked.request)
    case 'release': {
      const { assignmentId } = asked
      const row = read.assignment(tenantFilter(caller), assignmentId)
      return primaryOf(found(row, 'assignment', assignmentId).functionId)
    }
  }
}
