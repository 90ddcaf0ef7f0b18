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

/**
 * Whose a controller is that has gone, or that is not known again. A release finds what may have happened in months: theirs. An
 * undo goes by what answered to the host's nvme in the very operation: the host's, which would lose what was moved to it.
 */
type Unseen = 'theirs' | 'hosts'

type Considered = {
  /** cntlids. Others are not asked: one that hangs holds up only what concerns it. */
  readonly among: readonly number[]
  readonly unseen: Unseen
}

/** cntlids. @param own the function whose record it is, which counts as the host's */
export async function othersCntlids(
  { ask, store }: Pick<Turn, 'ask' | 'store'>,
  { hostId, functionId }: Own,
  { among, unseen }: Considered
): Promise<readonly number[]> {
  const own = store.read.controller(functionId)
  if (!own) return []
  const { controllers, virtualFunctions } = store.read.inventoryOf(hostId)
  const ofDrive = controllers.filter((row) => isOfSubsystem(own, row))
  const others: number[] = []
  for (const row of ofDrive.filter(({ id }) => id !== functionId))
    if (among.includes(row.cntlid) && (await isTheirs(ask, store, row, unseen)))
      others.push(row.cntlid)
  const vfs = virtualFunctions.filter(
    ({ controllerId, provisioned }) =>
      provisioned !== null && ofDrive.some(({ id }) => id === controllerId)
  )
  const provisioned = vfs.map(({ cntlid }) => cntlid)
  return [...others, ...provisioned.filter((cntlid) => among.includes(cntlid))]
}

async function isTheirs(
  ask: Ask,
  { read }: Store,
  row: ControllerRow,
  unseen: Unseen
): Promise<boolean> {
  if (read.standingAssignment(row.id) !== undefined) return true
  return unseen === 'hosts' ? hasOtherDriver(ask, row) : !(await isOnHost(ask, row))
}

/** Where nvme has it, or no driver: nobody reads or writes through that. */
export async function isOnHost(ask: Ask, row: ControllerRow): Promise<boolean> {
  if (!row.present || row.ambiguous || (await hasOtherDriver(ask, row))) return false
  return unlessGone(async () => (await lookAt(ask, expectedController(row))).isExpected)
}

/** Than nvme, or is to have it. */
async function hasOtherDriver(ask: Ask, { address }: ControllerRow): Promise<boolean> {
  return unlessGone(async () => {
    const { driver, override } = await ask({ read: 'binding', fn: pciAddress(address) })
    const names = [driver, override].filter((name) => name !== null)
    return names.some((name) => !HOSTS.includes(name))
  })
}

const HOSTS = ['nvme', 'none']

async function unlessGone(look: () => Promise<boolean>): Promise<boolean> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof HostDriverError && error.failure.kind === 'gone') return false
    throw error
  }
}

type Beside = Pick<Recorded, 'controllers'> & {
  /** A controller of the host by which the subsystem is asked. */
  readonly through: PciAddress
  readonly unseen: Unseen
}

/** Asked for each namespace anew: who has its controllers decides what is written. */
export function placedBesideOthers(
  turn: Turn,
  own: Own,
  { through, controllers, unseen }: Beside,
  one: Placed
): Look {
  return {
    look: async (ask) => {
      const { nsid, cntlids } = one
      const { cntlids: now } = await ask({ read: 'attachedControllers', pf: through, nsid })
      const among = [...new Set([...now, ...cntlids])]
      const { store } = turn
      const others = await othersCntlids({ ask, store }, own, { among, unseen })
      const { place } = placeBesideOthers({ controllers }, one, { now, others })
      const ours = controllers.filter((id) => among.includes(id) && !others.includes(id))
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
