/**
 * The rows that put back what was attached before a controller went with chosen namespaces. A drive keeps attachments over
 * a reboot, so they are put back also where the function itself has gone.
 */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { change } from './change-row.ts'
import type { CleanParams } from './clean-params.ts'
import { observe, refused, type Done, type Row, type Turn } from './define-workflow.ts'
import { noSpokesman } from './guards/direct.ts'
import { driveTarget } from './guards/identity.ts'
import { Attachments, ExpectedController, nullable, outputOf } from './logged-shapes.ts'
import { ofThoseLeft, releases } from './move-namespaces.ts'
import { look, type Move } from './moves.ts'
import { placeAll, placesNow, whoAnswers, type Recorded } from './placing.ts'
import { attachmentsNow } from './renumbered.ts'
import { primaryLock } from './restore-sriov.ts'
import { bindingNow } from './return-function.ts'

const RECORD = 'record-attachments'

/** null: its drive has gone. */
const Found = nullable(
  Type.Object({ through: ExpectedController, found: Attachments.properties.found })
)

type Direct = NonNullable<CleanParams['direct']>

export function returnAttachments(p: CleanParams, direct: Direct): readonly Row[] {
  const { attachments } = p.before
  if (!attachments) return []
  const now = ({ outputs }: Turn) => attachmentsNow(p, outputs) ?? attachments
  const locks = [primaryLock(direct.controllerId)]
  return [
    observe(RECORD, (turn) => recordPlaces(turn, p, direct, now(turn)), { locks }),
    change('return-attachments', {
      on: (turn) => {
        const recorded = recordedIn(turn)
        return recorded && driveTarget(recorded.through)
      },
      locks,
      do: (turn) => [
        ...letGo(turn, p, now(turn)),
        ...placed(turn, now(turn), now(turn).found),
      ],
      undo: (turn) => placed(turn, now(turn), recordedIn(turn)?.found ?? []),
    }),
  ]
}

/** Else what nvirt holds itself would be waited for. */
function letGo({ outputs }: Turn, p: CleanParams, { given }: Recorded): readonly Move[] {
  if (bindingNow(outputs) === null) return []
  const disks = given.map((nsid) => ({ nsid }))
  return [
    look({ read: 'binding', fn: p.fn }, ({ driver }) =>
      driver === 'nvme' ? releases(p, disks) : []
    ),
  ]
}

/** @throws ControlPlaneError guard, when nobody answers though the function is there */
async function recordPlaces(
  { ask, outputs }: Turn,
  { fn }: CleanParams,
  { candidates }: Direct,
  attachments: Recorded
): Promise<Done> {
  const through = await whoAnswers(ask, candidates)
  if (through) {
    const { nsids } = await ask({ read: 'allocation', fn: through.address })
    const left = attachments.found.filter(({ nsid }) => nsids?.includes(nsid) ?? true)
    const found = await placesNow(ask, through.address, { ...attachments, found: left })
    return { output: { through, found } }
  }
  if (bindingNow(outputs) !== null)
    throw refused(`looking for a controller of the subsystem of ${fn}`, [noSpokesman(fn)])
  return { output: null }
}

function placed(
  turn: Turn,
  attachments: Recorded,
  places: Recorded['found']
): readonly Move[] {
  const recorded = recordedIn(turn)
  if (!recorded) return []
  const { address } = recorded.through
  const nsids = places.map(({ nsid }) => nsid)
  return [
    ofThoseLeft(address, nsids, (left) => {
      const there = places.filter(({ nsid }) => left.includes(nsid))
      return placeAll(turn, address, attachments, there)
    }),
  ]
}

function recordedIn({ outputs }: Turn): Static<typeof Found> {
  return outputOf(Found, outputs, RECORD)
}
