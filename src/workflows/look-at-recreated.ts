/** The row that looks at namespaces which were deleted and created, where others erase and look. */
import { isoTime } from '../clock.ts'
import { LOGICAL } from '../nvme/erase-method.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import {
  cleaner,
  ERASE,
  namespacesFound,
  type CleanParams,
  type Erased,
} from './clean-params.ts'
import { pass, refused, type Row, type Surroundings, type Turn } from './define-workflow.ts'
import { evidenceOf, markersOn, unerased, type Namespace } from './erase-namespaces.ts'
import { nsidsIn, ownersOf, targetIn } from './fetch-namespaces.ts'
import { refuseReachingOthers } from './guards/erasing.ts'
import { refuseOther } from './guards/identity.ts'
import { nsidAfter, RECREATE } from './renumbered.ts'

/** Instead of an erase: what was created is looked at, so that nothing is said to be gone that can still be read. */
export function lookAtRecreated(p: CleanParams, { clock }: Surroundings): Row {
  const fn = cleaner(p)
  return {
    name: ERASE,
    commit: false,
    locks: [],
    guard: async (turn) => {
      const target = targetIn(turn, p)
      if (target === null) return
      pass(ERASE, await refuseOther(turn.ask, target, turn.reboot))
      const owners = await ownersOf(p, turn, 'fetched')
      const nsids = nsidsIn(turn)
      pass(ERASE, await refuseReachingOthers(turn.ask, { through: fn, owners, nsids }))
    },
    run: async (turn) => {
      const found = namespacesFound(turn.outputs)
      if (found === null) return { output: null }
      const namespaces: Erased['namespaces'] = []
      for (const namespace of found.namespaces) {
        const becameNsid = nsidAfter(RECREATE, turn.outputs, namespace.nsid)
        const evidence = await unmarked(turn, fn, namespace, becameNsid)
        namespaces.push({ ...evidence, becameNsid, method: LOGICAL })
      }
      const condition = await turn.ask({ read: 'condition', fn })
      return { output: { namespaces, condition, at: isoTime(clock.nowMs()) } }
    },
  }
}

/** @throws ControlPlaneError guard */
async function unmarked(
  turn: Turn,
  fn: PciAddress,
  namespace: Namespace,
  nsid: number
): Promise<Omit<Erased['namespaces'][number], 'method'>> {
  const markers = markersOn(turn, namespace)
  const { marked, written } = await turn.ask({ read: 'markers', fn, nsid, markers })
  if (marked.length > 0)
    throw refused(`looking at namespace ${nsid}`, [unerased(fn, nsid, marked)])
  return evidenceOf(namespace, markers, { marked, written })
}
