/** What may be subscribed to. */
import { ControlPlaneError } from '../errors.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import type { StoreReader } from '../store/store.ts'
import type { Scope, SubscribeRequest } from './telemetry.ts'

export type WatchedFunction = {
  readonly hostId: string
  readonly kind: 'controller' | 'virtualFunction'
  readonly id: string
  readonly address: PciAddress
}

export const PERIOD_MS = { min: 100, max: 60_000 } as const

/** @throws ControlPlaneError invalid, not-found */
export function checkRequest(read: StoreReader, request: SubscribeRequest): void {
  const { periodMs } = request
  if (!Number.isInteger(periodMs) || periodMs < PERIOD_MS.min || periodMs > PERIOD_MS.max) {
    throw invalid(
      'periodMs',
      `must be a whole number, ${PERIOD_MS.min} to ${PERIOD_MS.max}`
    )
  }
  checkScope(read, request)
}

/** @throws ControlPlaneError invalid, not-found */
export function checkScope(read: StoreReader, scope: Scope): void {
  const { fleet, hostIds = [], controllerIds = [], virtualFunctionIds = [] } = scope
  const ids = hostIds.length + controllerIds.length + virtualFunctionIds.length
  if (ids === 0 && fleet !== true)
    throw invalid('hostIds', 'at least one host, controller or virtual function is needed')
  expectAll('host', hostIds, read.host)
  expectAll('controller', controllerIds, read.controller)
  expectAll('virtualFunction', virtualFunctionIds, read.virtualFunction)
}

/** The same for scopes that mean the same. */
export function scopeKey(scope: Scope): string {
  if (scope.fleet === true) return 'fleet'
  const { hostIds, controllerIds, virtualFunctionIds } = scope
  const sorted = (ids: readonly string[] = []) => [...new Set(ids)].toSorted()
  return JSON.stringify([hostIds, controllerIds, virtualFunctionIds].map(sorted))
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
