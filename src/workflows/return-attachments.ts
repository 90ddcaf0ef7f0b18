/**
 * The rows that put back what was attached before a controller went with chosen namespaces. A drive keeps attachments over
 * a reboot, so they are put back also where the function itself has gone. What is somebody else's by now is left out, and told.
 */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { PciAddress } from '../nvme/pci-address.ts'
import type { EndContext } from '../saga/workflow.ts'
import type { AssignmentRow } from '../store/rows.ts'
import type { StoreWrite } from '../store/store.ts'
import { change } from './change-row.ts'
import { erasedNamespaces, type CleanParams } from './clean-params.ts'
import { observe, refused, type Done, type Row, type Turn } from './define-workflow.ts'
import { asRecorded, evidenceOfAll } from './doubts.ts'
import { noSpokesman } from './guards/direct.ts'
import { driveTarget } from './guards/identity.ts'
import { Attachments, ExpectedController, nullable, outputOf } from './logged-shapes.ts'
import { ofThoseLeft, releases } from './move-namespaces.ts'
import { look, type Move } from './moves.ts'
import {
  othersCntlids,
  placeBesideOthers,
  placedBesideOthers,
} from './others-controllers.ts'
import { placesNow, whoAnswers, type Recorded } from './placing.ts'
import { attachmentsNow } from './renumbered.ts'
import { primaryLock } from './restore-sriov.ts'
import { bindingNow } from './return-function.ts'

const RECORD = 'record-attachments'

/** null: its drive has gone. */
const Found = nullable(
  Type.Object({
    through: ExpectedController,
    found: Attachments.properties.found,
    /** What others have, or should have got. Absent: nothing; a former nvirt did not ask. */
    leftOut: Type.Optional(
      Type.Array(Type.Object({ nsid: Type.Integer(), cntlids: Type.Array(Type.Integer()) }))
    ),
  })
)

type RecordedBefore = NonNullable<AssignmentRow['before']>
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
        ...placed(turn, p, now(turn), now(turn).found),
      ],
      undo: (turn) => placed(turn, p, now(turn), recordedIn(turn)?.found ?? []),
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
  turn: Turn,
  p: CleanParams,
  { candidates }: Direct,
  attachments: Recorded
): Promise<Done> {
  const { ask, outputs } = turn
  const { fn } = p
  const through = await whoAnswers(ask, candidates)
  if (through) {
    const { nsids } = await ask({ read: 'allocation', fn: through.address })
    const left = attachments.found.filter(({ nsid }) => nsids?.includes(nsid) ?? true)
    const those = { ...attachments, found: left }
    const found = await placesNow(ask, through.address, those)
    const leftOut = await leftToOthers(turn, p, through.address, those)
    const output = { through, found, ...(leftOut.length > 0 && { leftOut }) }
    return { output, writes: cleanedWrites(turn, p) }
  }
  if (bindingNow(outputs) !== null)
    throw refused(`looking for a controller of the subsystem of ${fn}`, [noSpokesman(fn)])
  return { output: null }
}

/** Before the first of them is somebody's again: from then on a release that begins anew must erase none of them. */
function cleanedWrites(
  { store, outputs, at }: Turn,
  { assignmentId, before: recorded }: CleanParams
): readonly StoreWrite[] {
  const before = store.read.assignment(null, assignmentId)?.before
  if (!before || erasedNamespaces(outputs) === null) return []
  const all = evidenceOfAll(recorded, outputs)
  const set = { before: { ...before, ...(all && { cleaned: asRecorded(all) }) } }
  return [{ write: 'updateAssignment', id: assignmentId, set, at }]
}

async function leftToOthers(
  turn: Turn,
  p: CleanParams,
  pf: PciAddress,
  attachments: Recorded
) {
  const places: { one: Recorded['found'][number]; now: readonly number[] }[] = []
  for (const one of attachments.found) {
    const { nsid } = one
    const { cntlids: now } = await turn.ask({ read: 'attachedControllers', pf, nsid })
    places.push({ one, now })
  }
  const among = places.flatMap(({ one, now }) => [...one.cntlids, ...now])
  const others = await othersCntlids(turn, p, { among, unseen: 'theirs' })
  return places.flatMap(({ one, now }) => {
    const { leftOut } = placeBesideOthers(attachments, one, { now, others })
    return leftOut.length > 0 ? [{ nsid: one.nsid, cntlids: [...leftOut] }] : []
  })
}

function placed(
  turn: Turn,
  p: CleanParams,
  attachments: Recorded,
  places: Recorded['found']
): readonly Move[] {
  const recorded = recordedIn(turn)
  if (!recorded) return []
  const { address } = recorded.through
  const { controllers } = attachments
  const beside = { through: address, controllers, unseen: 'theirs' } as const
  const nsids = places.map(({ nsid }) => nsid)
  return [
    ofThoseLeft(address, nsids, (left) => {
      const there = places.filter(({ nsid }) => left.includes(nsid))
      return there.map((one) => placedBesideOthers(turn, p, beside, one))
    }),
  ]
}

/** Of an operation that has succeeded: everything is where it was. What was left out is not, nor is anything of a drive that is away. */
export function keptAsReturned(
  before: RecordedBefore,
  { outputs }: Pick<EndContext, 'outputs'>
): RecordedBefore {
  if (outputs[RECORD] === undefined) return before
  const found = outputOf(Found, outputs, RECORD)
  if (!before.attachments || found === null || found.leftOut) return before
  return { ...before, attachments: { ...before.attachments, returned: true } }
}

function recordedIn({ outputs }: Turn): Static<typeof Found> {
  return outputOf(Found, outputs, RECORD)
}
