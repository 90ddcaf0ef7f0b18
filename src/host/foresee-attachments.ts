/**
 * Which namespaces controllers are attached to after changes. Some drives attach namespaces by themselves, to VFs as they
 * appear or as their controller is first enabled, and which is known afterwards only.
 * Source: QEMU 7.2 hw/nvme/ns.c, nvme_ns_realize; QEMU 10.0 hw/nvme/ctrl.c, nvme_start_ctrl.
 */
import { predictVfAddress, type PciAddress } from '../nvme/pci-address.ts'
import type { AskNow } from './appearing-vf.ts'
import type { HostChange } from './change.ts'
import type { Attachments, HostQuery } from './query.ts'

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
  return withChanges(ask, assumed, query.cntlid, (await ask(query)).nsids)
}

export async function afterAttachmentsOfEach(
  ask: AskNow,
  assumed: Assumed,
  query: Query<'attachmentsOfEach'>
): Promise<readonly Attachments[]> {
  const { attachments } = await ask(query)
  return Promise.all(
    attachments.map(async ({ cntlid, nsids }) => ({
      cntlid,
      nsids: await withChanges(ask, assumed, cntlid, nsids),
    }))
  )
}

async function withChanges(
  ask: AskNow,
  assumed: Assumed,
  cntlid: number,
  nsids: readonly number[]
): Promise<readonly number[]> {
  const attached = new Set(nsids)
  const own = assumed.selfAttaching.filter((one) => one.cntlid === cntlid)
  const occasionOf = await occasions(ask, own)
  for (const change of assumed.changes) {
    for (const each of own) {
      const when = occasionOf(change, each)
      if (when !== undefined) for (const nsid of each[when]) attached.add(nsid)
    }
    const moved = movedBy(change)
    if (!moved?.cntlids.includes(cntlid)) continue
    if (moved.isAttaching) attached.add(moved.nsid)
    else attached.delete(moved.nsid)
  }
  return [...attached].sort((a, b) => a - b)
}

export async function attachedAfter(
  ask: AskNow,
  assumed: Assumed,
  query: Query<'attachedControllers'>
): Promise<readonly number[]> {
  const { nsid } = query
  const attached = new Set((await ask(query)).cntlids)
  const occasionOf = await occasions(ask, assumed.selfAttaching)
  for (const change of assumed.changes) {
    for (const each of isOccasion(change) ? assumed.selfAttaching : []) {
      const when = occasionOf(change, each)
      if (when !== undefined && each[when].includes(nsid)) attached.add(each.cntlid)
    }
    const moved = movedBy(change)
    if (moved?.nsid !== nsid) continue
    for (const cntlid of moved.cntlids)
      if (moved.isAttaching) attached.add(cntlid)
      else attached.delete(cntlid)
  }
  return [...attached].sort((a, b) => a - b)
}

type Occasion = 'asItAppears' | 'asItIsEnabled'

/** Looked up once, since there may be many changes, and many VFs. */
async function occasions(
  ask: AskNow,
  selfAttaching: readonly SelfAttaching[]
): Promise<(change: HostChange, each: SelfAttaching) => Occasion | undefined> {
  const addresses = new Map<SelfAttaching, PciAddress>()
  for (const pf of new Set(selfAttaching.map((each) => each.pf))) {
    const { offset, stride } = await ask({ read: 'sriov', pf })
    for (const each of selfAttaching.filter((one) => one.pf === pf))
      addresses.set(each, predictVfAddress(pf, each.vfNumber - 1, offset, stride))
  }
  return (change, each) => {
    if (change.change === 'setVfCount' && change.pf === each.pf) {
      return change.count >= each.vfNumber ? 'asItAppears' : undefined
    }
    const isEnabling = change.change === 'probe' && change.expectDriver === 'nvme'
    return isEnabling && change.fn === addresses.get(each) ? 'asItIsEnabled' : undefined
  }
}

/** Few are, of the many changes that a plan may have. */
function isOccasion({ change }: HostChange): boolean {
  return change === 'setVfCount' || change === 'probe'
}

type Moved = {
  readonly isAttaching: boolean
  readonly nsid: number
  readonly cntlids: readonly number[]
}

/**
 * What a change attaches or detaches, through whichever controller: attachments are the subsystem's, and the changes that are
 * assumed are those of one operation, which are all of one. undefined: nothing
 */
function movedBy(change: HostChange): Moved | undefined {
  if (!('pf' in change && 'nsid' in change)) return undefined
  const { nsid } = change
  const cntlids = 'cntlids' in change ? change.cntlids : [change.cntlid]
  return { isAttaching: change.change === 'attachNamespace', nsid, cntlids }
}
