/**
 * What a scan saw, in short. While a host shows the same, the rows that were made of it are right as they are, and need
 * neither be read nor compared: most scans of most hosts.
 */
import { hash } from 'node:crypto'
import type { FunctionObservation, HostObservation } from '../host/observation.ts'
import type { ControllerHealth } from '../store/store.ts'
import { controllerIdOf } from './identity.ts'

/**
 * Counted up when the same observation and rows make other rows than before: digests of an earlier nvirt then stand for
 * nothing.
 */
export const RULES = 2

/** Without the time of the look, and without SMART values that no event tells of: they change with each scan. */
export function digestOf({ functions, namespaces, listed }: HostObservation): string {
  const lasting = functions.map(withoutCounters)
  return hash('sha256', JSON.stringify([RULES, lasting, namespaces, listed]), 'base64')
}

function withoutCounters(seen: FunctionObservation): unknown {
  const { controller } = seen
  if (!controller?.health || seen.vf !== null) return seen
  const { criticalWarning } = controller.health
  return { ...seen, controller: { ...controller, health: { criticalWarning } } }
}

/** Only where each controller that answers has the id that it claims. */
export function healthOfControllers({
  functions,
}: HostObservation): readonly ControllerHealth[] {
  return functions.flatMap(({ vf, controller }) =>
    vf === null && controller?.health
      ? [{ controllerId: controllerIdOf(controller), health: controller.health }]
      : []
  )
}
