/** Which of several controllers of a subsystem a namespace is attached to. */
import type { Static } from 'typebox'
import type { PciAddress } from '../nvme/pci-address.ts'
import type { Ask } from './host-session.ts'
import { answers } from './guards/direct.ts'
import type { ExpectedController } from './guards/identity.ts'
import { refuseLastPath } from './guards/last-path.ts'
import type { Attachments } from './logged-shapes.ts'
import { look, type Look, type Move } from './moves.ts'
import type { Turn } from './define-workflow.ts'
import { waitUnless } from './wait-for-users.ts'

export type Recorded = Static<typeof Attachments>
type Placed = Recorded['found'][number]

/**
 * Each namespace on exactly its `cntlids`, of those that the record is about; others are let be. What the host uses is
 * detached from a controller only when another one reaches it: until then it waits.
 *
 * @param through addresses of a controller of the host by which the subsystem is asked
 */
export function placeAll(
  turn: Turn,
  through: PciAddress,
  { controllers }: Pick<Recorded, 'controllers'>,
  placed: readonly Placed[]
): readonly Move[] {
  return placed.flatMap((one) => place(turn, through, controllers, one))
}

/** A shared one gets its new path before it loses the old one; a private one can have one controller only. */
function place(
  turn: Turn,
  pf: PciAddress,
  controllers: readonly number[],
  { nsid, shared, cntlids: wanted }: Placed
): readonly Move[] {
  const attach = look({ read: 'attachedControllers', pf, nsid }, ({ cntlids }) =>
    wanted
      .filter((cntlid) => !cntlids.includes(cntlid))
      .map((cntlid) => ({ change: 'attachNamespace', pf, nsid, cntlid }) as const)
  )
  const detach = look({ read: 'attachedControllers', pf, nsid }, ({ cntlids }) =>
    controllers
      .filter((cntlid) => cntlids.includes(cntlid) && !wanted.includes(cntlid))
      .flatMap((cntlid) => [
        untilReachedOtherwise(turn, pf, nsid, cntlid),
        { change: 'detachNamespace', pf, nsid, cntlid } as const,
      ])
  )
  return shared ? [attach, detach] : [detach, attach]
}

function untilReachedOtherwise(
  turn: Turn,
  pf: PciAddress,
  nsid: number,
  cntlid: number
): Look {
  return {
    look: async (ask) => {
      const refusals = await refuseLastPath(ask, pf, cntlid, [nsid])
      waitUnless(refusals, turn, `detach namespace ${nsid} from controller ${cntlid}`)
      return []
    },
  }
}

/** Where each of these namespaces is now, of those controllers. */
export async function placesNow(
  ask: Ask,
  pf: PciAddress,
  { controllers, found }: Recorded
): Promise<Recorded['found']> {
  const now: Recorded['found'] = []
  for (const { nsid, shared } of found) {
    const { cntlids } = await ask({ read: 'attachedControllers', pf, nsid })
    now.push({ nsid, shared, cntlids: cntlids.filter((id) => controllers.includes(id)) })
  }
  return now
}

/** The first of them that answers. undefined: none does. */
export async function whoAnswers(
  ask: Ask,
  candidates: readonly ExpectedController[]
): Promise<ExpectedController | undefined> {
  for (const candidate of candidates) {
    if (await answers(ask, candidate)) return candidate
  }
  return undefined
}
