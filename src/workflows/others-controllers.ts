/**
 * Controllers of a subsystem that are somebody else's by now: assigned, in a guest by hand, gone from the host. What they
 * have is theirs: it is neither taken from them nor given to the host, and they get nothing.
 */
import { HostDriverError } from '../host/driver.ts'
import { isOfSubsystem } from '../inventory/same-subsystem.ts'
import { pciAddress, type PciAddress } from '../nvme/pci-address.ts'
import type { ControllerRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import type { Turn } from './define-workflow.ts'
import { expectedController, lookAt } from './guards/identity.ts'
import type { Ask } from './host-session.ts'
import type { Look } from './moves.ts'
import { placeAll, type Recorded } from './placing.ts'

type Own = { readonly hostId: string; readonly functionId: string }
type Placed = Recorded['found'][number]

/** cntlids. @param own the function whose record it is, which counts as the host's */
export async function othersCntlids(
  { ask, store }: Pick<Turn, 'ask' | 'store'>,
  { hostId, functionId }: Own
): Promise<readonly number[]> {
  const own = store.read.controller(functionId)
  if (!own) return []
  const { controllers, virtualFunctions } = store.read.inventoryOf(hostId)
  const ofDrive = controllers.filter((row) => isOfSubsystem(own, row))
  const others: number[] = []
  for (const row of ofDrive)
    if (row.id !== functionId && !(await isHosts(ask, store, row))) others.push(row.cntlid)
  const vfs = virtualFunctions.filter(
    ({ controllerId, provisioned }) =>
      provisioned !== null && ofDrive.some(({ id }) => id === controllerId)
  )
  return [...others, ...vfs.map(({ cntlid }) => cntlid)]
}

async function isHosts(ask: Ask, { read }: Store, row: ControllerRow): Promise<boolean> {
  return read.standingAssignment(row.id) === undefined && (await isOnHost(ask, row))
}

/** Where nvme has it, or no driver: nobody reads or writes through that. */
export async function isOnHost(ask: Ask, row: ControllerRow): Promise<boolean> {
  if (!row.present || row.ambiguous) return false
  try {
    const { driver, override } = await ask({ read: 'binding', fn: pciAddress(row.address) })
    const names = [driver, override].filter((name) => name !== null)
    if (!names.every((name) => HOSTS.includes(name))) return false
    return (await lookAt(ask, expectedController(row))).isExpected
  } catch (error) {
    if (error instanceof HostDriverError && error.failure.kind === 'gone') return false
    throw error
  }
}

const HOSTS = ['nvme', 'none']

/**
 * Asked for each namespace anew: who has its controllers decides what is written.
 *
 * @param through address of a controller of the host by which the subsystem is asked
 */
export function placedBesideOthers(
  turn: Turn,
  own: Own,
  through: PciAddress,
  { controllers }: Pick<Recorded, 'controllers'>,
  one: Placed
): Look {
  return {
    look: async (ask) => {
      const { nsid } = one
      const others = await othersCntlids({ ask, store: turn.store }, own)
      const { cntlids: now } = await ask({ read: 'attachedControllers', pf: through, nsid })
      const { place } = placeBesideOthers({ controllers }, one, { now, others })
      const ours = controllers.filter((cntlid) => !others.includes(cntlid))
      return place ? placeAll(turn, through, { controllers: ours }, [place]) : []
    },
  }
}

/**
 * Where a namespace comes to be when others keep what is theirs. null: where it is, since one of them has it, or since it
 * belongs to them alone and would be nobody's, or since it is private and came back to one that the record does not know.
 *
 * @param now cntlids that have it, whoever they are
 */
export function placeBesideOthers(
  { controllers }: Pick<Recorded, 'controllers'>,
  { nsid, shared, cntlids }: Placed,
  { now, others }: { readonly now: readonly number[]; readonly others: readonly number[] }
): { readonly place: Placed | null; readonly leftOut: readonly number[] } {
  const isTheirs = (cntlid: number) => others.includes(cntlid)
  const kept = cntlids.filter((cntlid) => !isTheirs(cntlid))
  const isElsewhere = !shared && now.some((cntlid) => !controllers.includes(cntlid))
  const isTheirsAlone = kept.length === 0 && cntlids.length > 0
  const stays = now.some(isTheirs) || isTheirsAlone || isElsewhere
  const leftOut = [...new Set([...cntlids, ...now])].filter(isTheirs)
  return { place: stays ? null : { nsid, shared, cntlids: kept }, leftOut }
}
