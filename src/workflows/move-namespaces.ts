/** Namespaces of a function between it and the host, which erases them through the cleaner. */
import type { PciAddress } from '../nvme/pci-address.ts'
import { detachThese } from './attachments.ts'
import { cleaner, type CleanParams } from './clean-params.ts'
import { isThere } from './guards/identity.ts'
import type { Ask } from './host-session.ts'
import { look, type Look, type Move } from './moves.ts'
import { recordedTarget } from './return-function.ts'
import { isOnline } from './serving-vf.ts'

export function releases(p: CleanParams, namespaces: readonly { readonly nsid: number }[]) {
  return namespaces.map(
    ({ nsid }) => ({ change: 'letGoOfDisk', fn: cleaner(p), nsid }) as const
  )
}

/**
 * QEMU 7.2 attaches nothing to a secondary that is offline: to let go of such a VF, or of one that has gone, is not refused
 * for that. Its namespaces are the host's no more, and are attached when it is healed.
 */
export function movesBack(p: CleanParams, nsids: readonly number[]): readonly Move[] {
  if (!p.acceptUncleaned || p.vf === null) return allMovesBack(p, nsids)
  return [ofThoseLeft(cleaner(p), nsids, (left) => allMovesBack(p, left))]
}

/** What was deleted, by a release that got no further or by somebody else, must not keep the rest from its place. */
export function ofThoseLeft(
  through: PciAddress,
  nsids: readonly number[],
  moves: (left: readonly number[]) => readonly Move[]
): Look {
  return look({ read: 'allocation', fn: through }, ({ nsids: all }) =>
    moves(nsids.filter((nsid) => all?.includes(nsid) ?? true))
  )
}

function allMovesBack(p: CleanParams, nsids: readonly number[]): readonly Move[] {
  const letGo = releases(
    p,
    nsids.map((nsid) => ({ nsid }))
  )
  const { vf } = p
  if (vf === null) return letGo
  const pf = vf.primary.address
  const back: Look = {
    look: async (ask) =>
      (await isServing(ask, p, pf))
        ? moved(p, nsids, 'to the function')
        : [detachThese(pf, vf.primaryCntlid, nsids)],
  }
  return [...letGo, back]
}

/** After a reboot somebody else may have brought the same secondary online, for whomever. */
async function isServing(ask: Ask, p: CleanParams, pf: PciAddress): Promise<boolean> {
  if (!(await isThere(ask, recordedTarget(p, p.before)))) return false
  return isOnline(await ask({ read: 'secondaries', pf }), p.cntlid)
}

/** Off the one before on the other: what is private cannot be on both. */
export function moved(
  { cntlid, vf }: CleanParams,
  nsids: readonly number[],
  whither: 'to the host' | 'to the function'
): readonly Move[] {
  if (vf === null || cntlid === null) return []
  const { primaryCntlid, primary } = vf
  const pf = primary.address
  const isToHost = whither === 'to the host'
  const [from, to] = isToHost ? [cntlid, primaryCntlid] : [primaryCntlid, cntlid]
  return [
    detachThese(pf, from, nsids),
    look({ read: 'attachments', pf, cntlid: to }, ({ nsids: attached }) =>
      nsids
        .filter((nsid) => !attached.includes(nsid))
        .map((nsid) => ({ change: 'attachNamespace', pf, nsid, cntlid: to }) as const)
    ),
  ]
}
