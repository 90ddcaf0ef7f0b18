/**
 * Which functions a scope means, by the inventory as it is now. A host's functions are read from the store once, and
 * again when something has happened on it: many subscriptions look at the same hosts, and a fleet has many of them.
 */
import { pciAddress } from '../nvme/pci-address.ts'
import type {
  ControllerRow,
  EventRow,
  EventSubject,
  VirtualFunctionRow,
} from '../store/rows.ts'
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
  /** Of what is known of these hosts: by the id of a controller or VF. */
  readonly #hostOf = new Map<string, string>()

  constructor(read: StoreReader) {
    this.#read = read
  }

  /** What happened, as the store tells it. @returns a scope may mean other functions than before */
  changed(events: readonly EventRow[]): boolean {
    // It has done nothing yet.
    const telling = events.filter(({ type }) => type !== 'operation.created')
    for (const event of telling) this.#changedBy(event)
    return telling.length > 0
  }

  /** What nobody asks for need not be kept. */
  forget(): void {
    this.#hosts.clear()
    this.#hostOf.clear()
  }

  /** Each function that exists once, by its id. Ids that no longer exist mean nothing. */
  of(scope: Scope): Functions {
    const found = new Map<string, WatchedFunction>()
    const add = (fn: WatchedFunction | undefined) => fn && found.set(fn.id, fn)
    const hostIds = scope.fleet === true ? allHostIds(this.#read) : (scope.hostIds ?? [])
    for (const id of hostIds) this.#of(id).functions.forEach(add)
    for (const id of scope.controllerIds ?? []) {
      const hostId = this.#hostOf.get(id) ?? this.#read.controller(id)?.hostId
      if (hostId !== undefined) this.#of(hostId).byController.get(id)?.forEach(add)
    }
    for (const id of scope.virtualFunctionIds ?? []) {
      const hostId = this.#hostOf.get(id) ?? this.#read.virtualFunction(id)?.hostId
      if (hostId !== undefined) add(this.#of(hostId).functions.get(id))
    }
    return found
  }

  #of(hostId: string): OfHost {
    const known = this.#hosts.get(hostId)
    if (known) return known
    const read = functionsOf(this.#read, hostId)
    this.#hosts.set(hostId, read)
    for (const id of idsOf(read)) this.#hostOf.set(id, hostId)
    return read
  }

  /** Scans tell of no VF that an operation made or took down: its own events do. */
  #changedBy({ hostId, subject }: EventRow): void {
    if (this.#hosts.size === 0) return
    const concerned = hostId ?? this.#hostOfOperation(subject)
    if (concerned === undefined) return this.forget()
    this.#forgetHost(concerned)
    // Its drive may have been moved to this host.
    this.#hostOf.delete(subject.id)
  }

  /** undefined: it is not known, and may be any. Never throws: whoever tells of events takes no trouble from here. */
  #hostOfOperation({ id }: EventSubject): string | undefined {
    try {
      return hostIn(this.#read.operation(null, id)?.params)
    } catch {
      return undefined // the look that follows meets the same trouble, and tells of it
    }
  }

  /** Another host may have what was there. */
  #forgetHost(hostId: string): void {
    const known = this.#hosts.get(hostId)
    if (!known) return
    this.#hosts.delete(hostId)
    for (const id of idsOf(known))
      if (this.#hostOf.get(id) === hostId) this.#hostOf.delete(id)
  }
}

/** Of an operation's parameters: which host it works on. */
function hostIn(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || !('hostId' in params))
    return undefined
  return typeof params.hostId === 'string' ? params.hostId : undefined
}

function idsOf({ functions, byController }: OfHost): readonly string[] {
  return [...functions.keys(), ...byController.keys()]
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
