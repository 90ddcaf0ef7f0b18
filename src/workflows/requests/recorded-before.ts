/** How a function was before its assignment touched it. */
import type { Static } from 'typebox'
import type { FunctionObservation } from '../../host/observation.ts'
import { pciAddress, predictVfAddress, type PciAddress } from '../../nvme/pci-address.ts'
import type { AssignmentRow, ControllerRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { Before, logged } from '../logged-shapes.ts'
import { found } from './prepared.ts'

type Recorded = Static<typeof Before>

/** What the assignment recorded. If nothing, nothing was touched either, and what the last scan saw stands for it. */
export function recordedBefore(store: Store, row: AssignmentRow): Recorded {
  return row.before === null
    ? seen(store, row)
    : logged(Before, row.before, `assignment ${row.id}:`)
}

function seen({ read }: Store, { functionKind, functionId }: AssignmentRow): Recorded {
  if (functionKind === 'controller') {
    const row = found(read.controller(functionId), 'controller', functionId)
    return recordedAs(pciAddress(row.address), row.observation)
  }
  const vf = found(read.virtualFunction(functionId), 'virtual function', functionId)
  const primary = found(read.controller(vf.controllerId), 'controller', vf.controllerId)
  return recordedAs(addressOf(vf, primary), vf.observation ?? primary.observation)
}

function recordedAs(address: PciAddress, { binding, pci }: FunctionObservation): Recorded {
  return {
    binding: { driver: null, override: null, ...binding },
    identity: { address, pci: { ...pci } },
  }
}

/** Of a VF that does not exist now: where it would be. */
function addressOf(vf: VirtualFunctionRow, primary: ControllerRow): PciAddress {
  if (vf.address !== null) return pciAddress(vf.address)
  const pf = pciAddress(primary.address)
  const { sriov } = primary.observation
  return sriov ? predictVfAddress(pf, vf.vfNumber - 1, sriov.offset, sriov.stride) : pf
}
