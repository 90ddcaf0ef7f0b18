/**
 * Where the namespaces of a VF are while it is cleaned: with its primary. Who is interrupted there finds a drive that keeps
 * them so over a reboot, or one that was pulled and comes back, so its row says it until they have been taken back.
 */
import { ControlPlaneError } from '../errors.ts'
import { HostDriverError } from '../host/driver.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import { cleanerTarget, type CleanedVf, type CleanParams } from './clean-params.ts'
import type { Row, Turn } from './define-workflow.ts'
import { isThere } from './guards/identity.ts'
import { attachedNamespaces } from './guards/usage.ts'

/** Before the first of them is attached to the primary. */
export function fetchedWrites(
  { store }: Pick<Turn, 'store'>,
  { functionId }: CleanParams,
  { primaryCntlid }: CleanedVf
): readonly StoreWrite[] {
  return writes(store, functionId, { fetchedTo: primaryCntlid })
}

/** Of what takes them back. As long as the primary has one of them, or cannot be asked, the row goes on saying it. */
export function thenReturned(p: CleanParams, act: Row['run']): Row['run'] {
  const { vf } = p
  if (vf === null) return act
  return async (turn) => {
    const done = await act(turn)
    const isOver = await areReturned(turn.ask, p, vf)
    return isOver ? { ...done, writes: takenBackWrites(turn.store, p.functionId) } : done
  }
}

export function takenBackWrites(store: Store, vfId: string): readonly StoreWrite[] {
  return writes(store, vfId, {})
}

async function areReturned(
  ask: Turn['ask'],
  p: CleanParams,
  { primary, primaryCntlid, nsids }: CleanedVf
): Promise<boolean> {
  try {
    if (!(await isThere(ask, cleanerTarget(p)))) return false
    const attached = await attachedNamespaces(ask, primary.address, primaryCntlid)
    return attached !== undefined && !nsids.some((nsid) => attached.includes(nsid))
  } catch (error) {
    if (error instanceof HostDriverError || error instanceof ControlPlaneError) return false
    throw error
  }
}

function writes(
  { read }: Store,
  virtualFunctionId: string,
  now: { readonly fetchedTo?: number }
): readonly StoreWrite[] {
  const provisioned = read.virtualFunction(virtualFunctionId)?.provisioned
  if (!provisioned || provisioned.fetchedTo === now.fetchedTo) return []
  const { fetchedTo: _, ...as } = provisioned
  return [{ write: 'setProvisioned', virtualFunctionId, provisioned: { ...as, ...now } }]
}
