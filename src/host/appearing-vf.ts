/** VFs that changes make, and those that they remove. */
import { predictVfAddress, type PciAddress } from '../nvme/pci-address.ts'
import type { HostChange } from './change.ts'
import type { HostAnswer, HostQuery } from './query.ts'

/** As the host is now. */
export type AskNow = <Q extends HostQuery>(query: Q) => Promise<HostAnswer<Q>>

export type AppearingVf = {
  readonly pf: PciAddress
  /** 1-based. */
  readonly vfNumber: number
  /** False: the last of these changes removes it. */
  readonly isThere: boolean
  /** Index of the last change that made or removed it. */
  readonly at: number
}

/** undefined: these changes neither make nor remove what is at that address, which is predicted. */
export async function appearingVf(
  ask: AskNow,
  changes: readonly HostChange[],
  fn: PciAddress
): Promise<AppearingVf | undefined> {
  for (let at = changes.length - 1; at >= 0; at--) {
    const change = changes[at]
    if (change?.change !== 'setVfCount') continue
    const { pf, count } = change
    const { vfCount, offset, stride } = await ask({ read: 'sriov', pf })
    const most = Math.max(count, vfCount)
    const index = Array.from({ length: most }, (_, n) =>
      predictVfAddress(pf, n, offset, stride)
    ).indexOf(fn)
    if (index >= 0) return { pf, vfNumber: index + 1, isThere: index < count, at }
  }
  return undefined
}
