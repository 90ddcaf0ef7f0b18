/** What a change does, in words: how its failure begins. */
import type { FunctionChange, HostChange, TraceChange } from '../../host/change.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'

export function changeInWords(change: HostChange): string {
  switch (change.change) {
    case 'setAutoprobe':
      return `switching autoprobe of VFs ${change.enabled ? 'on' : 'off'} on ${change.pf}`
    case 'setVfCount':
      return change.count === 0
        ? `disabling the VFs of ${change.pf}`
        : `enabling ${change.count} VFs on ${change.pf}`
    case 'takeOffline':
      return `taking controller ${change.cntlid} of ${change.pf} offline`
    case 'assignResources':
      return `assigning ${change.count} ${change.resource.toUpperCase()} to controller ${change.cntlid} of ${change.pf}`
    case 'assignBoth':
      return `assigning ${change.vq} VQ and ${change.vi} VI to controller ${change.cntlid} of ${change.pf}`
    case 'bringOnline':
      return `bringing controller ${change.cntlid} of ${change.pf} online`
    case 'bringEachOnline':
      return `bringing controllers ${change.cntlids.join(', ')} of ${change.pf} online`
    case 'resetFunction':
      return `resetting ${change.fn}`
    case 'resetFunctions':
      return `resetting ${change.fns.join(', ')}`
    case 'allocatePrimaryResources':
      return `allocating ${change.count} ${change.resource.toUpperCase()} to primary ${change.pf}`
    case 'resetPrimary':
      return `resetting primary ${change.pf}`
    case 'attachNamespace':
      return `attaching namespace ${change.nsid} to controller ${change.cntlid} of ${change.pf}`
    case 'detachNamespace':
      return `detaching namespace ${change.nsid} from controller ${change.cntlid} of ${change.pf}`
    case 'detachFromEach':
      return `detaching namespace ${change.nsid} from controllers ${change.cntlids.join(', ')} of ${change.pf}`
    case 'setOverride':
      return change.driver === null
        ? `clearing the driver override of ${change.fn}`
        : `setting the driver override of ${change.fn} to ${change.driver}`
    case 'unbind':
      return `unbinding ${change.fn} from its driver`
    case 'probe':
      return `probing ${change.fn} for ${change.expectDriver}`
    case 'holdDisk':
      return `holding the disk of namespace ${change.nsid} behind ${change.fn}`
    case 'writeMarkers':
      return `writing markers on namespace ${change.nsid} through ${change.fn}`
    case 'formatNamespace':
      return `formatting namespace ${change.nsid} through ${change.fn} with ${change.secureErase} erase`
    case 'overwriteNamespace':
      return `overwriting namespace ${change.nsid} through ${change.fn}`
    case 'deleteNamespace':
      return `deleting namespace ${change.nsid} through ${change.fn}`
    case 'createNamespaces':
      return `creating ${change.count} namespaces of ${change.layout.sizeBlocks} blocks through ${change.fn}`
    case 'letGoOfDisk':
      return `letting go of the disk of namespace ${change.nsid} behind ${change.fn}`
    case 'armTrace':
      return 'arming traces of NVMe commands'
    case 'disarmTrace':
      return 'disarming traces of NVMe commands'
  }
}

/** The function that a change is made on, or their primary where there are several: its lane is where it runs. */
export function functionOf(change: FunctionChange): PciAddress {
  return 'fn' in change ? change.fn : change.pf
}

export function isOfTrace(change: HostChange): change is TraceChange {
  return change.change === 'armTrace' || change.change === 'disarmTrace'
}
