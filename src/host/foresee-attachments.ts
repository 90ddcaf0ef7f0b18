/**
 * Which namespaces controllers are attached to after changes. Some drives attach namespaces by themselves, to VFs as they
 * appear or as their controller is first enabled, and which is known afterwards only.
 * Source: QEMU 7.2 hw/nvme/ns.c, nvme_ns_realize; QEMU 10.0 hw/nvme/ctrl.c, nvme_start_ctrl.
 */
import { predictVfAddress, type PciAddress } from '../nvme/pci-address.ts'
import type { AskNow } from './appearing-vf.ts'
import type { HostChange } from './change.ts'
import type { HostQuery } from './query.ts'

/** What a drive is taken to attach to a VF by itself. */
export type SelfAttaching = {
  readonly pf: PciAddress
  readonly vfNumber: number
  readonly cntlid: number
  /** nsids, as the VF appears. */
  readonly asItAppears: readonly number[]
  /** nsids, as a driver enables its controller. */
  readonly asItIsEnabled: readonly number[]
}

type Query<Read> = Extract<HostQuery, { readonly read: Read }>

type Assumed = {
  readonly changes: readonly HostChange[]
  readonly selfAttaching: readonly SelfAttaching[]
}

export async function afterAttachments(
  ask: AskNow,
  assumed: Assumed,
  query: Query<'attachments'>
): Promise<readonly number[]> {
  const { pf, cntlid } = query
  const attached = new Set((await ask(query)).nsids)
  for (const change of assumed.changes) {
    for (const nsid of await attachedByItself(ask, assumed, change, cntlid))
      attached.add(nsid)
    if (!isOf(change, pf, cntlid)) continue
    if (change.change === 'attachNamespace') attached.add(change.nsid)
    if (change.change === 'detachNamespace') attached.delete(change.nsid)
  }
  return [...attached].sort((a, b) => a - b)
}

export async function attachedAfter(
  ask: AskNow,
  assumed: Assumed,
  query: Query<'attachedControllers'>
): Promise<readonly number[]> {
  const { pf, nsid } = query
  const attached = new Set((await ask(query)).cntlids)
  for (const change of assumed.changes) {
    for (const each of assumed.selfAttaching) {
      const when = isOccasion(change) ? await occasion(ask, change, each) : undefined
      if (when !== undefined && each[when].includes(nsid)) attached.add(each.cntlid)
    }
    if (!('pf' in change && 'nsid' in change)) continue
    if (change.pf !== pf || change.nsid !== nsid) continue
    if (change.change === 'attachNamespace') attached.add(change.cntlid)
    else attached.delete(change.cntlid)
  }
  return [...attached].sort((a, b) => a - b)
}

/** Whether what a controller is attached to is known only once these changes are made. */
export async function isAttachedByItself(
  ask: AskNow,
  { changes, selfAttaching }: Assumed,
  cntlid: number
): Promise<boolean> {
  for (const each of selfAttaching.filter((one) => one.cntlid === cntlid)) {
    for (const change of changes) {
      if ((await occasion(ask, change, each)) !== undefined) return true
    }
  }
  return false
}

async function attachedByItself(
  ask: AskNow,
  { selfAttaching }: Assumed,
  change: HostChange,
  cntlid: number
): Promise<readonly number[]> {
  const nsids: number[] = []
  if (!isOccasion(change)) return nsids
  for (const each of selfAttaching.filter((one) => one.cntlid === cntlid)) {
    const when = await occasion(ask, change, each)
    if (when !== undefined) nsids.push(...each[when])
  }
  return nsids
}

/** Few are, of the many changes that a plan may have. */
function isOccasion({ change }: HostChange): boolean {
  return change === 'setVfCount' || change === 'probe'
}

async function occasion(
  ask: AskNow,
  change: HostChange,
  { pf, vfNumber }: SelfAttaching
): Promise<'asItAppears' | 'asItIsEnabled' | undefined> {
  if (change.change === 'setVfCount' && change.pf === pf) {
    return change.count >= vfNumber ? 'asItAppears' : undefined
  }
  if (change.change !== 'probe' || change.expectDriver !== 'nvme') return undefined
  const { offset, stride } = await ask({ read: 'sriov', pf })
  const fn = predictVfAddress(pf, vfNumber - 1, offset, stride)
  return change.fn === fn ? 'asItIsEnabled' : undefined
}

function isOf(change: HostChange, pf: PciAddress, cntlid: number): boolean {
  return 'cntlid' in change && change.pf === pf && change.cntlid === cntlid
}
