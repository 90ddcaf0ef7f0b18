/** Which namespaces a drive is made of, wherever they are attached, and whether it creates and deletes them. */
import type { HostAnswers, HostQuery } from '../../host/query.ts'
import { CNS, identify } from '../../nvme/admin-commands.ts'
import { decodeIdentifyNamespace } from '../../nvme/identify-namespace.ts'
import {
  decodeNamespaceLayout,
  type AllocatedNamespace,
} from '../../nvme/namespace-layout.ts'
import type { LaneSession } from '../lane-session.ts'
import {
  allocatedNamespaceIds,
  attachedControllers,
  command,
  identifyController,
  reachOf,
  refusedByDrive,
} from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'

type Query<Read> = Extract<HostQuery, { readonly read: Read }>

/** OACS has one bit for this and for attaching: an effects log knows better, where there is one (QEMU has attaching only). */
export async function readAllocation(
  session: LaneSession,
  { fn }: Query<'allocation'>
): Promise<HostAnswers['allocation']> {
  const name = await liveController(session.kernel, fn)
  const reach = await reachOf(session, name, await identifyController(session, name))
  const manages = reach.includes('namespace-management')
  return { manages, nsids: await allocatedOrNull(session, name) }
}

async function allocatedOrNull(session: LaneSession, name: string) {
  try {
    return await allocatedNamespaceIds(session, name)
  } catch (cause) {
    if (refusedByDrive(cause)) return null
    throw cause
  }
}

export async function readAllocated(
  session: LaneSession,
  { fn, nsids }: Pick<Query<'allocated'>, 'fn' | 'nsids'>
): Promise<HostAnswers['allocated']> {
  const name = await liveController(session.kernel, fn)
  const all = await allocatedNamespaceIds(session, name)
  const isAsked = (nsid: number) =>
    'only' in nsids ? nsids.only.includes(nsid) : !nsids.allBut.includes(nsid)
  const namespaces: AllocatedNamespace[] = []
  for (const nsid of all.filter(isAsked))
    namespaces.push(...(await allocatedNamespace(session, name, nsid)))
  return { own: (await identifyController(session, name)).cntlid, namespaces }
}

/** None: it was deleted in the meantime. */
async function allocatedNamespace(
  session: LaneSession,
  name: string,
  nsid: number
): Promise<readonly AllocatedNamespace[]> {
  const { data } = await command(session, name, identify(CNS.allocatedNamespace, { nsid }))
  const identified = decodeIdentifyNamespace(data)
  if (!identified) return []
  const { nguid, eui64 } = identified
  const layout = decodeNamespaceLayout(data)
  const cntlids = await attachedControllers(session, name, nsid)
  return [{ nsid, nguid, eui64, layout, cntlids }]
}
