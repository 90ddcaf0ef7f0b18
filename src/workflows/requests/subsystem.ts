/** The controllers of a subsystem, as the last scan saw them. */
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import type { ControllerRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { useOfController } from '../allowed-from.ts'

/** Others of the host that its nvme driver has and that answered, those first whose drive says that it attaches namespaces. */
export function siblingsOf(store: Store, row: ControllerRow): readonly ControllerRow[] {
  const answering = store.read
    .inventoryOf(row.hostId)
    .controllers.filter(
      (other) =>
        other.id !== row.id &&
        isOfSubsystem(row, other) &&
        other.observation.controller !== null &&
        ['available', 'divided'].includes(useOfController(store, other))
    )
  return [...answering.filter(managesNamespaces), ...answering.filter(doesNot)]
}

/** One that could not be asked is believed to. */
export function managesNamespaces({ observation }: ControllerRow): boolean {
  return observation.controller?.capabilities?.namespaceManagement !== false
}

function doesNot(row: ControllerRow): boolean {
  return !managesNamespaces(row)
}
