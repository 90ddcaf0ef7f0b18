/** The rows that give the namespaces of a function back, their disks let go: after they were erased, or as they are. */
import { change } from './change-row.ts'
import {
  cleaner,
  cleanerTarget,
  namespacesFound,
  type CleanedVf,
  type CleanParams,
} from './clean-params.ts'
import type { Row, Turn } from './define-workflow.ts'
import { thenReturned } from './fetched.ts'
import { locksOf, nsidsIn, targetIn } from './fetch-namespaces.ts'
import { refuseDetaching } from './guards/usage.ts'
import { look } from './moves.ts'
import { movesBack, releases } from './move-namespaces.ts'
import { bindingNow } from './return-function.ts'

const RETURN_NAMESPACES = 'return-namespaces'

/** After an erase, or when it was accepted that there is none. */
export function returnNamespaces(p: CleanParams): Row {
  if (p.vf) return returnToVf(p, p.vf)
  return change(RETURN_NAMESPACES, {
    on: (turn) => targetIn(turn, p),
    do: (turn) => movesBack(p, nsidsIn(turn)),
  })
}

/** Of a function that a former operation left half-way; of one that it did not, there is nothing to do. */
export function returnUncleaned(p: CleanParams): Row {
  if (p.vf) return returnToVf(p, p.vf)
  const fn = cleaner(p)
  const letGo = look({ read: 'binding', fn }, ({ driver }) =>
    driver === 'nvme'
      ? [look({ read: 'erasable', fn }, ({ namespaces }) => releases(p, namespaces))]
      : []
  )
  return change(RETURN_NAMESPACES, {
    on: ({ outputs }) => (bindingNow(outputs) === null ? null : cleanerTarget(p)),
    do: [letGo],
  })
}

/**
 * Also where the VF itself has gone: the primary keeps what a former operation fetched over a reboot, and without a slot.
 * Where the drive has gone as well nobody has them.
 */
function returnToVf(p: CleanParams, vf: CleanedVf): Row {
  const nsids = (turn: Turn) =>
    namespacesFound(turn.outputs) === null ? vf.nsids : nsidsIn(turn)
  const row = change(RETURN_NAMESPACES, {
    on: cleanerTarget(p),
    mayBeGone: true,
    locks: locksOf(p),
    guard: (turn) =>
      refuseDetaching(turn.ask, vf.primary.address, vf.primaryCntlid, nsids(turn)),
    do: (turn) => movesBack(p, nsids(turn)),
  })
  return { ...row, run: thenReturned(p, row.run) }
}
