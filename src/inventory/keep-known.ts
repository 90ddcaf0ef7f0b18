/**
 * What could not be read now is kept as it was last read: a hanging lane, or a controller that a guest has, makes nothing
 * unknown that was known. What *was* read is never mended with older values.
 */
import type { ControllerObservation, FunctionObservation } from '../host/observation.ts'

/** Fields that need the function's lane are null while that hangs. */
export function keepWhileBlocked(
  seen: FunctionObservation,
  known: FunctionObservation | null | undefined
): FunctionObservation {
  if (seen.blocked === null || !known) return seen
  return {
    ...seen,
    pci: {
      ...seen.pci,
      serialNumber: seen.pci.serialNumber ?? known.pci.serialNumber,
    },
    binding: seen.binding ?? known.binding,
    group: seen.group ?? known.group,
    resetMethods: seen.resetMethods ?? known.resetMethods,
    sriov: seen.sriov ?? known.sriov,
    controller: seen.controller && keepUnanswered(seen.controller, known.controller),
  }
}

/** What the controller last answered. Its admin queue may be silent while sysfs still knows it. */
export function lastAnswer(
  seen: ControllerObservation | null,
  known: ControllerObservation | null
): ControllerObservation | null {
  return seen === null ? known : keepUnanswered(seen, known)
}

function keepUnanswered(
  seen: ControllerObservation,
  known: ControllerObservation | null
): ControllerObservation {
  if (known === null || !isSameController(seen, known) || !tellsMore(known, seen))
    return seen
  return {
    ...seen,
    capabilities: seen.capabilities ?? known.capabilities,
    primary: seen.primary ?? known.primary,
    secondaries: seen.primary === null ? known.secondaries : seen.secondaries,
    health: seen.health ?? known.health,
  }
}

function tellsMore(known: ControllerObservation, seen: ControllerObservation): boolean {
  return (
    (seen.capabilities === null && known.capabilities !== null) ||
    (seen.primary === null && known.primary !== null) ||
    (seen.health === null && known.health !== null)
  )
}

function isSameController(
  one: ControllerObservation,
  other: ControllerObservation
): boolean {
  return (
    one.serial === other.serial &&
    one.subsystemNqn === other.subsystemNqn &&
    one.cntlid === other.cntlid
  )
}
