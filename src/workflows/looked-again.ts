/** What has become of the namespaces that a former release was in doubt about. Nothing else is looked at: it may be the host's. */
import { HostDriverError } from '../host/driver.ts'
import { isSameNamespace } from '../nvme/namespace-layout.ts'
import { cleaner, type CleanParams } from './clean-params.ts'
import type { Turn } from './define-workflow.ts'
import { inDoubt, isInDoubt } from './doubts.ts'
import type { Ask } from './host-session.ts'
import { attachedTo, knownAs, named, ofNobody, type Unaccounted } from './reached.ts'

type OfFunction = Pick<CleanParams, 'fn' | 'vf' | 'cntlid' | 'before'>

/**
 * Before a release begins. undefined: nothing is in doubt, or it was not cleaned. What cannot be asked now may have got one
 * of them.
 */
export async function howAgain(
  ask: Ask,
  p: OfFunction
): Promise<NonNullable<CleanParams['again']> | undefined> {
  if (!isInDoubt(p.before)) return undefined
  try {
    return (await attachedSince(ask, p)).length === 0 ? 'look' : 'erase'
  } catch (error) {
    if (error instanceof HostDriverError) return 'erase'
    throw error
  }
}

/** nsids of those in doubt that the function has by now. */
export async function attachedSince(ask: Ask, p: OfFunction): Promise<readonly number[]> {
  const { missing, unattached } = await stillInDoubt(ask, p)
  const attached = await attachedNow(ask, p)
  return attached.filter((nsid) => missing.includes(nsid) || unattached.includes(nsid))
}

/** What has their nsids by now, and is another, was made when they had been deleted: by the host, as nobody else has the function. */
async function stillInDoubt(ask: Ask, { fn, vf, before }: OfFunction) {
  const { missing, unattached, unattachedAs } = inDoubt(before)
  if (unattachedAs.length === 0) return { missing, unattached }
  const { namespaces } = await ask({
    read: 'allocated',
    fn: vf?.primary.address ?? fn,
    nsids: { only: unattached },
  })
  const isOther = (nsid: number) => {
    const was = unattachedAs.find((one) => one.nsid === nsid)
    const now = namespaces.find((one) => one.nsid === nsid)
    return was && now && !isSameNamespace(was, now)
  }
  return { missing, unattached: unattached.filter((nsid) => !isOther(nsid)) }
}

async function attachedNow(ask: Ask, { fn, vf, cntlid }: OfFunction) {
  if (!vf) return attachedTo(ask, fn)
  if (cntlid === null) return []
  return (await ask({ read: 'attachments', pf: vf.primary.address, cntlid })).nsids
}

async function ownCntlid(ask: Ask, { fn, vf, cntlid }: OfFunction): Promise<number | null> {
  if (vf) return cntlid
  const { controller } = await ask({ read: 'answering', fn })
  return controller?.cntlid ?? null
}

/** What an erase of these does not reach. What the function has got only since then is nobody's either. */
export async function unaccountedStill(
  { ask }: Pick<Turn, 'ask'>,
  p: CleanParams,
  erased: readonly number[]
): Promise<Unaccounted> {
  const isLeft = (nsid: number) => !erased.includes(nsid)
  const still = await stillInDoubt(ask, p)
  const missing = still.missing.filter(isLeft)
  const unattached = still.unattached.filter(isLeft)
  if (missing.length + unattached.length === 0) return {}
  const fn = cleaner(p)
  const listed = (await ask({ read: 'allocation', fn })).nsids
  const isThere = (nsid: number) => listed?.includes(nsid) ?? true
  const own = await ownCntlid(ask, p)
  const owners = own === null ? [] : [own]
  return {
    ...named(
      'deleted',
      missing.filter((nsid) => !isThere(nsid))
    ),
    ...named('missing', missing.filter(isThere)),
    ...(await knownAs(
      ask,
      fn,
      await ofNobody(ask, fn, unattached.filter(isThere), owners)
    )),
  }
}
