/** Declared VFs: set, shown, taken back. What follows from them the caretaker begins. */
import type { Caller } from '../../access/caller.ts'
import { tenantFilter } from '../../access/tenant-filter.ts'
import type { HostInventory } from '../../inventory/drift/drift.ts'
import type { Page, PageRequest, StoreWrite } from '../../store/store.ts'
import { found, requireOperator, type RequestContext } from '../requests/prepared.ts'
import type { VirtualFunctionPolicyView, Workflows } from '../workflows.ts'
import { hostInventory } from './declared-work.ts'
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
  | 'virtualFunctionPolicies'
  | 'virtualFunctionPolicy'
  | 'declareVirtualFunctions'
  | 'undeclareVirtualFunctions'
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
    const host = hostInventory(store, controller.hostId)
    const viewing = { store, changing, host }
    return policyView(viewing, found(visible, what, controllerId), controller)
  }

  function list(
    caller: Caller,
    filter: { readonly hostId?: string },
    page: PageRequest
  ): Page<VirtualFunctionPolicyView> {
    const { store } = contextOf(caller)
    const asked = { ...filter, tenant: tenantFilter(caller) }
    const { items, next } = store.read.virtualFunctionPolicies(asked, page)
    const hosts = new Map<string, HostInventory>()
    const views = items.map((policy) => {
      const controller = found(
        store.read.controller(policy.controllerId),
        'controller',
        policy.controllerId
      )
      const { hostId } = controller
      const host = hosts.get(hostId) ?? hostInventory(store, hostId)
      hosts.set(hostId, host)
      return policyView({ store, changing, host }, policy, controller)
    })
    return { items: views, next }
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
    virtualFunctionPolicies: list,
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
