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
  if (change.change === 'resetPrimary') return offline(secondary)
  if (change.change === 'setVfCount') {
    return change.count === 0 ? offline(secondary) : secondary
  }
  if (change.change === 'bringEachOnline') {
    const { cntlids } = change
    return cntlids.includes(secondary.cntlid)
      ? { ...secondary, state: 'online' }
      : secondary
  }
  if (!('cntlid' in change) || change.cntlid !== secondary.cntlid) return secondary
  if (change.change === 'takeOffline') return offline(secondary)
  if (change.change === 'bringOnline') return { ...secondary, state: 'online' }
  if (change.change === 'assignFlexible')
    return { ...secondary, held: { vq: change.vq, vi: change.vi } }
  if (change.change !== 'assignResources') return secondary
  return { ...secondary, held: { ...secondary.held, [change.resource]: change.count } }
}

function offline(secondary: SecondaryController): SecondaryController {
  return { ...secondary, state: 'offline', held: { vq: 0, vi: 0 } }
}
