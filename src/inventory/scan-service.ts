/** The inventory: rows of the last scans as views, and the rounds that keep them fresh. */
import type { Caller } from '../access/caller.ts'
import { isoTime, type Clock } from '../clock.ts'
import { ControlPlaneError } from '../errors.ts'
import type { Hosts } from '../host/hosts.ts'
import type { FlexibleResources } from '../nvme/secondary-controller.ts'
import { allHostIds } from '../store/all-pages.ts'
import type { Page, Store } from '../store/store.ts'
import { driftLedger } from './drift/drift-ledger.ts'
import { foundOn } from './drift/drift-of-host.ts'
import type { InHand } from './in-hand.ts'
import type { Inventory } from './inventory.ts'
import { fewAtOnce } from './few-at-once.ts'
import { scanHost } from './scan-host.ts'
import { keptControllers, keptNamespaces, keptVirtualFunctions } from './kept-pages.ts'
import { scanRounds } from './scan-rounds.ts'
import { surroundings } from './surroundings.ts'
import { underway } from './underway.ts'
import type { HostView } from './views.ts'
import {
  controllerView,
  hostView,
  namespaceView,
  virtualFunctionView,
} from './views-of-rows.ts'

/** Of hosts that answer at once, as emulated ones do: many more are being stored meanwhile. */
const LOOKS_AT_ONCE = 4
/** A look that takes longer waits for its host. */
const LOOK_MS = 50

export type InventoryOptions = {
  readonly hosts: Hosts
  readonly store: Store
  readonly clock: Clock
  /** Default 30 s. */
  readonly periodMs?: number
  /** The operation that holds a function, if one does. */
  readonly changing: (functionId: string) => string | null
  /** What operations may change of a function. Absent: nothing of any. */
  readonly inHand?: (functionId: string) => InHand
  /** An operation is changing the host just now. Absent: nobody does. */
  readonly isBeingChanged?: (hostId: string) => boolean
  /** What was allocated to a primary and waits for its reset. Absent: nobody allocates. */
  readonly pendingPrimary?: (controllerId: string) => FlexibleResources | null
  /** After each scan of a host that answered, or did not. */
  readonly onScanned?: (hostId: string) => void
  /** Told of what went wrong in a scan that nobody waits for. */
  readonly onTrouble?: (error: unknown) => void
  /** How busy the process is, 0 to 1; absent: not at all. */
  readonly load?: () => number
}

export function createInventory(options: InventoryOptions): Inventory {
  const { hosts, store, clock, changing, inHand = () => 'nothing' } = options
  const { read } = store
  const looking = fewAtOnce(clock, LOOKS_AT_ONCE, LOOK_MS)
  const ledger = driftLedger(read)
  const context = {
    hosts,
    store,
    clock,
    changing,
    inHand,
    underway: underway(),
    looking,
    ledger,
  }
  const rounds = scanRounds({
    hosts,
    clock,
    periodMs: options.periodMs ?? 30_000,
    scanHost: async (hostId) => {
      await scanHost(context, hostId)
      options.onScanned?.(hostId)
    },
    isBeingChanged: options.isBeingChanged ?? (() => false),
    onTrouble: options.onTrouble ?? (() => {}),
    load: options.load ?? (() => 0),
  })
  const { pendingPrimary = () => null } = options
  const around = () => surroundings(read, { changing, inHand, pendingPrimary })

  async function rescan(_caller: Caller, hostId: string): Promise<HostView> {
    if (!hosts.get(hostId)) found(read.host(hostId), 'host', hostId)
    await rounds.scan(hostId)
    const row = read.host(hostId)
    if (row?.reach !== 'reachable') throw hostAway(hostId, row?.why ?? null)
    return hostView(row)
  }

  async function assess(hostId: string): Promise<void> {
    const assignments = read.standingAssignmentsOf(hostId)
    const host = { ...read.inventoryOf(hostId), assignments }
    const found = foundOn(host, inHand, isoTime(clock.nowMs()))
    const writes = ledger.note(hostId, found)
    if (writes.length === 0) return
    await store.commit(writes).catch((error: unknown) => {
      ledger.forget(hostId)
      throw error
    })
  }

  /** Hosts of an earlier start that are no longer in the fleet become `away`. */
  async function start(): Promise<void> {
    const left = allHostIds(read).filter((id) => !hosts.get(id))
    await Promise.all([...left.map((id) => rounds.scan(id)), rounds.start()])
  }

  return {
    hosts: (_caller, page) => pageOf(read.hosts(page), hostView),
    host: (_caller, id) => hostView(found(read.host(id), 'host', id)),
    controllers: (_caller, filter, page) => {
      const views = around()
      return pageOf(keptControllers(read, filter, page), (row) =>
        controllerView(row, views)
      )
    },
    controller: (_caller, id) =>
      controllerView(found(read.controller(id), 'controller', id), around()),
    virtualFunctions: (_caller, filter, page) => {
      const views = around()
      return pageOf(keptVirtualFunctions(read, filter, page), (row) =>
        virtualFunctionView(row, views)
      )
    },
    virtualFunction: (_caller, id) =>
      virtualFunctionView(
        found(read.virtualFunction(id), 'virtual function', id),
        around()
      ),
    namespaces: (_caller, filter, page) => {
      const views = around()
      return pageOf(keptNamespaces(read, filter, page), (row) => namespaceView(row, views))
    },
    namespace: (_caller, id) =>
      namespaceView(found(read.namespace(id), 'namespace', id), around()),
    rescan,
    assess,
    start,
    stop: rounds.stop,
  }
}

function pageOf<Row, View>(page: Page<Row>, view: (row: Row) => View): Page<View> {
  return { items: page.items.map(view), next: page.next }
}

function found<Row>(row: Row | undefined, resource: string, id: string): Row {
  if (row !== undefined) return row
  throw new ControlPlaneError(`looking for ${resource} ${id}`, {
    kind: 'not-found',
    resource,
    id,
  })
}

function hostAway(hostId: string, why: string | null): ControlPlaneError {
  return new ControlPlaneError(`scanning host ${hostId}`, {
    kind: 'host-away',
    hostId,
    why: why ?? 'it does not answer',
  })
}
