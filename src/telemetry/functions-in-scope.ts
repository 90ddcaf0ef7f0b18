/**
 * Which functions a scope means, by the inventory as it is now. A host's functions are read from the store once, and
 * again when something has happened on it: many subscriptions look at the same hosts, and a fleet has many of them.
 */
import { pciAddress } from '../nvme/pci-address.ts'
import type { ControllerRow, EventRow, VirtualFunctionRow } from '../store/rows.ts'
import { allHostIds } from '../store/all-pages.ts'
import type { StoreReader } from '../store/store.ts'
import type { WatchedFunction } from './scope.ts'
import type { Scope } from './telemetry.ts'

type Functions = ReadonlyMap<string, WatchedFunction>
type OfHost = {
  readonly functions: Functions
  /** Of a controller, by its id: itself and its VFs. */
  readonly byController: ReadonlyMap<string, readonly WatchedFunction[]>
}

export class FunctionsInScope {
  readonly #read: StoreReader
  readonly #hosts = new Map<string, OfHost>()

  constructor(read: StoreReader) {
    this.#read = read
  }

  /** What happened, as the store tells it. */
  changed(events: readonly EventRow[]): void {
    for (const { hostId } of events) {
      if (hostId === null) this.#hosts.clear()
      else this.#hosts.delete(hostId)
    }
  }

  /** What nobody asks for need not be kept. */
  forget(): void {
    this.#hosts.clear()
  }

  /** Each function that exists once, by its id. Ids that no longer exist mean nothing. */
  of(scope: Scope): Functions {
    const found = new Map<string, WatchedFunction>()
    const add = (fn: WatchedFunction | undefined) => fn && found.set(fn.id, fn)
    const hostIds = scope.fleet === true ? allHostIds(this.#read) : (scope.hostIds ?? [])
    for (const id of hostIds) this.#of(id).functions.forEach(add)
    for (const id of scope.controllerIds ?? []) {
      const hostId = this.#read.controller(id)?.hostId
      if (hostId !== undefined) this.#of(hostId).byController.get(id)?.forEach(add)
    }
    for (const id of scope.virtualFunctionIds ?? []) {
      const hostId = this.#read.virtualFunction(id)?.hostId
      if (hostId !== undefined) add(this.#of(hostId).functions.get(id))
    }
    return found
  }

  #of(hostId: string): OfHost {
    const known = this.#hosts.get(hostId)
    if (known) return known
    const read = functionsOf(this.#read, hostId)
    this.#hosts.set(hostId, read)
    return read
  }
}

function functionsOf(read: StoreReader, hostId: string): OfHost {
  const { controllers, virtualFunctions } = read.inventoryOf(hostId)
  const functions = new Map<string, WatchedFunction>()
  const byController = new Map<string, WatchedFunction[]>()
  const add = (fn: WatchedFunction | undefined, controllerId: string) => {
    const family = byController.get(controllerId) ?? []
    byController.set(controllerId, family)
    if (fn === undefined) return
    functions.set(fn.id, fn)
    family.push(fn)
  }
  for (const row of controllers) add(ofController(row), row.id)
  for (const row of virtualFunctions) add(ofVirtualFunction(row), row.controllerId)
  return { functions, byController }
}

function ofController(row: ControllerRow): WatchedFunction | undefined {
  const { id, hostId, address, present } = row
  if (!present) return undefined
  return { hostId, kind: 'controller', id, address: pciAddress(address) }
}

/** Without an address its primary has no VFs enabled: there is nothing to watch. */
function ofVirtualFunction(row: VirtualFunctionRow): WatchedFunction | undefined {
  const { id, hostId, address } = row
  if (address === null) return undefined
  return { hostId, kind: 'virtualFunction', id, address: pciAddress(address) }
}
