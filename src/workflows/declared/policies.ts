/** Declared VFs: set, shown, taken back. What follows from them the caretaker begins. */
import type { Caller } from '../../access/caller.ts'
import { tenantFilter } from '../../access/tenant-filter.ts'
import type { StoreWrite } from '../../store/store.ts'
import { found, requireOperator, type RequestContext } from '../requests/prepared.ts'
import type { Workflows } from '../workflows.ts'
import { policyWrites, undeclareWrites } from './policy-request.ts'
import { policyView } from './policy-view.ts'

type PoliciesOptions = {
  readonly contextOf: (caller: Caller) => RequestContext
  readonly changing: (functionId: string) => string | null
  /** One at a time for the subsystem of the controller. */
  readonly inLine: <Result>(
    controllerId: string,
    work: () => Promise<Result>
  ) => Promise<Result>
  readonly tend: (hostId: string) => void
}

export function createPolicies({
  contextOf,
  changing,
  inLine,
  tend,
}: PoliciesOptions): Pick<
  Workflows,
  'virtualFunctionPolicy' | 'declareVirtualFunctions' | 'undeclareVirtualFunctions'
> {
  /** @throws ControlPlaneError not-found */
  function view(caller: Caller, controllerId: string) {
    const { store } = contextOf(caller)
    const controller = found(
      store.read.controller(controllerId),
      'controller',
      controllerId
    )
    const policy = store.read.virtualFunctionPolicy(controllerId)
    const tenant = tenantFilter(caller)
    const visible = tenant === null || policy?.tenant === tenant ? policy : undefined
    const what = 'virtual function policy of controller'
    return policyView({ store, changing }, found(visible, what, controllerId), controller)
  }

  function write(
    caller: Caller,
    controllerId: string,
    prepare: (context: RequestContext) => Promise<readonly StoreWrite[]>
  ): Promise<void> {
    requireOperator(caller)
    return inLine(controllerId, async () => {
      const context = contextOf(caller)
      await context.store.commit(await prepare(context))
      const { hostId } = found(
        context.store.read.controller(controllerId),
        'controller',
        controllerId
      )
      tend(hostId)
    })
  }

  return {
    virtualFunctionPolicy: view,
    declareVirtualFunctions: async (caller, controllerId, request) => {
      await write(caller, controllerId, (context) =>
        policyWrites(context, controllerId, request)
      )
      return view(caller, controllerId)
    },
    undeclareVirtualFunctions: async (caller, controllerId) => {
      const last = view(caller, controllerId)
      await write(caller, controllerId, async (context) =>
        undeclareWrites(context, controllerId)
      )
      return last
    },
  }
}
