/** Which functions a subscription means, by the inventory as it is now. */
import { ControlPlaneError } from '../errors.ts'
import { pciAddress } from '../nvme/pci-address.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import type { ControllerRow, VirtualFunctionRow } from '../store/rows.ts'
import type { StoreReader } from '../store/store.ts'
import type { SubscribeRequest } from './telemetry.ts'

export type WatchedFunction = {
  readonly hostId: string
  readonly kind: 'controller' | 'virtualFunction'
  readonly id: string
  readonly address: PciAddress
}

export const PERIOD_MS = { min: 100, max: 60_000 } as const

/** @throws ControlPlaneError invalid, not-found */
export function checkRequest(read: StoreReader, request: SubscribeRequest): void {
  const { hostIds = [], controllerIds = [], virtualFunctionIds = [], periodMs } = request
  if (!Number.isInteger(periodMs) || periodMs < PERIOD_MS.min || periodMs > PERIOD_MS.max) {
    throw invalid(
      'periodMs',
      `must be a whole number, ${PERIOD_MS.min} to ${PERIOD_MS.max}`
    )
  }
  if (hostIds.length + controllerIds.length + virtualFunctionIds.length === 0) {
    throw invalid('hostIds', 'at least one host, controller or virtual function is needed')
  }
  expectAll('host', hostIds, read.host)
  expectAll('controller', controllerIds, read.controller)
  expectAll('virtualFunction', virtualFunctionIds, read.virtualFunction)
}

/** Functions in scope that exist now, each once. Ids that no longer exist mean nothing. */
export function functionsInScope(
  read: StoreReader,
  request: SubscribeRequest
): ReadonlyMap<string, WatchedFunction> {
  const found = new Map<string, WatchedFunction>()
  for (const id of request.hostIds ?? []) addHost(read, id, found)
  for (const id of request.controllerIds ?? []) addController(read, id, found)
  for (const id of request.virtualFunctionIds ?? []) {
    const row = read.virtualFunction(id)
    if (row) addVirtualFunction(row, found)
  }
  return found
}

type Found = Map<string, WatchedFunction>

function addHost(read: StoreReader, hostId: string, found: Found): void {
  const { controllers, virtualFunctions } = read.inventoryOf(hostId)
  for (const row of controllers) addFunction(row, found)
  for (const row of virtualFunctions) addVirtualFunction(row, found)
}

function addController(read: StoreReader, id: string, found: Found): void {
  const row = read.controller(id)
  if (row === undefined) return
  addFunction(row, found)
  for (const vf of read.inventoryOf(row.hostId).virtualFunctions) {
    if (vf.controllerId === id) addVirtualFunction(vf, found)
  }
}

function addFunction(row: ControllerRow, found: Found): void {
  if (!row.present) return
  const { id, hostId, address } = row
  found.set(id, { hostId, kind: 'controller', id, address: pciAddress(address) })
}

function addVirtualFunction(row: VirtualFunctionRow, found: Found): void {
  if (row.address === null) return // its primary has no VFs enabled: there is nothing to watch
  const { id, hostId, address } = row
  found.set(id, { hostId, kind: 'virtualFunction', id, address: pciAddress(address) })
}

function expectAll(
  resource: string,
  ids: readonly string[],
  read: (id: string) => unknown
): void {
  for (const id of ids) {
    if (read(id) === undefined) {
      throw new ControlPlaneError('subscribing to telemetry', {
        kind: 'not-found',
        resource,
        id,
      })
    }
  }
}

function invalid(field: string, reason: string): ControlPlaneError {
  return new ControlPlaneError('subscribing to telemetry', {
    kind: 'invalid',
    field,
    reason,
  })
}
