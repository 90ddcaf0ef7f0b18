/** The inventory's face: what is there. `createInventory` (scan-service.ts) implements it. */
import type { Caller } from '../access/caller.ts'
import type { Page, PageRequest } from '../store/store.ts'
import type {
  ControllerView,
  HostView,
  NamespaceView,
  VirtualFunctionView,
} from './views.ts'

export interface Inventory {
  hosts: (caller: Caller, page: PageRequest) => Page<HostView>
  /** The single ones throw ControlPlaneError not-found. */
  host: (caller: Caller, id: string) => HostView
  controllers: (
    caller: Caller,
    filter: { readonly hostId?: string },
    page: PageRequest
  ) => Page<ControllerView>
  controller: (caller: Caller, id: string) => ControllerView
  virtualFunctions: (
    caller: Caller,
    filter: { readonly hostId?: string; readonly controllerId?: string },
    page: PageRequest
  ) => Page<VirtualFunctionView>
  virtualFunction: (caller: Caller, id: string) => VirtualFunctionView
  namespaces: (
    caller: Caller,
    filter: { readonly hostId?: string },
    page: PageRequest
  ) => Page<NamespaceView>
  namespace: (caller: Caller, id: string) => NamespaceView
  /** Scans the host now and stores the differences, as events too. @throws ControlPlaneError host-away, not-found */
  rescan: (caller: Caller, hostId: string) => Promise<HostView>
  /** Compares what is stored of the host with what is desired, and tells what has come to differ, or no longer does. */
  assess: (hostId: string) => Promise<void>
  /** Scans every host once, then by period and by uevent, until `stop`. */
  start: () => Promise<void>
  stop: () => Promise<void>
}
