/**
 * States and resources of secondaries after changes. Disabling VFs takes them offline, as a reset of their primary
 * does; enabling them changes nothing.
 * Source: NVMe Base 2.1, "Virtualization Management command".
 */
import type { PciAddress } from '../nvme/pci-address.ts'
import type { SecondaryController } from '../nvme/secondary-controller.ts'
import type { HostChange } from './change.ts'

export function secondariesAfter(
  { secondaries }: { readonly secondaries: readonly SecondaryController[] },
  changes: readonly HostChange[],
  pf: PciAddress
): readonly SecondaryController[] {
  return secondaries.map((found) =>
    changes.reduce(
      (secondary, change) =>
        'pf' in change && change.pf === pf ? after(secondary, change) : secondary,
      found
    )
  )
}

function after(secondary: SecondaryController, change: HostChange): SecondaryController {
  const { cntlid, held } = secondary
  switch (change.change) {
    case 'resetPrimary':
      return offline(secondary)
    case 'setVfCount':
      return change.count === 0 ? offline(secondary) : secondary
    case 'takeOffline':
      return change.cntlid === cntlid ? offline(secondary) : secondary
    case 'bringOnline':
      return change.cntlid === cntlid ? online(secondary) : secondary
    case 'bringEachOnline':
      return change.cntlids.includes(cntlid) ? online(secondary) : secondary
    case 'assignResources': {
      const { resource, count } = change
      if (change.cntlid !== cntlid) return secondary
      return { ...secondary, held: { ...held, [resource]: count } }
    }
    case 'assignBoth': {
      const { vq, vi } = change
      return change.cntlid === cntlid ? { ...secondary, held: { vq, vi } } : secondary
    }
    case 'setAutoprobe':
    case 'resetFunction':
    case 'resetFunctions':
    case 'allocatePrimaryResources':
    case 'attachNamespace':
    case 'detachNamespace':
    case 'detachFromEach':
    case 'setOverride':
    case 'unbind':
    case 'probe':
    case 'holdDisk':
    case 'letGoOfDisk':
    case 'writeMarkers':
    case 'formatNamespace':
    case 'overwriteNamespace':
    case 'deleteNamespace':
    case 'createNamespaces':
    case 'armTrace':
    case 'disarmTrace':
      return secondary
  }
}

function online(secondary: SecondaryController): SecondaryController {
  return { ...secondary, state: 'online' }
}

function offline(secondary: SecondaryController): SecondaryController {
  return { ...secondary, state: 'offline', held: { vq: 0, vi: 0 } }
}
