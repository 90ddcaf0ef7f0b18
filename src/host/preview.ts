/** What a change would write, without writing it: the same values that the driver then performs. */
import type { HostChange } from './change.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import type { HostAnswers, HostQuery } from './query.ts'

export type KernelWrite = {
  /** As an outcome tells it: `write /sys/.../sriov_numvfs "8"`. Of blocks by their namespace: its disk has no name yet. */
  readonly inWords: string
  readonly write: SysfsWrite | AdminWrite | BlockWrite
  /** The function does not exist yet: its address is a prediction, to be checked once it does. */
  readonly predicted: boolean
  /** What must be so by then; null: it is written in any case. */
  readonly onlyIf: string | null
}

export type SysfsWrite = {
  readonly to: 'sysfs'
  readonly path: string
  readonly text: string
}

export type AdminWrite = {
  readonly to: 'nvme'
  /** Character device of the controller that gets the command. */
  readonly device: string
  readonly opcode: number
  readonly nsid: number
  readonly cdw10: number
  readonly cdw11: number
  /** The same by the specification's names: `{ CNTLID: 1, RT: 0, ACT: 8, NR: 3 }`. */
  readonly fields: Readonly<Record<string, number>>
  /** Data to the controller, hex, without the zeros at its end; null: none. */
  readonly data: string | null
}

/** To whatever disk the namespace then has on the host. */
export type BlockWrite = {
  readonly to: 'blocks'
  /** Function of the host's driver. */
  readonly through: PciAddress
  readonly nsid: number
  /** Bytes, whole blocks. */
  readonly offset: number
  readonly length: number
  /** A marker has the operation's id in it. Zeroes are written in pieces. */
  readonly content: 'marker' | 'zeroes'
}

/** The answer that decides whether a change writes: to `questionOf` it, as it is or is foreseen. */
export type Found = Partial<
  Pick<
    HostAnswers,
    | 'sriov'
    | 'secondaries'
    | 'attachedControllers'
    | 'binding'
    | 'primary'
    | 'format'
    | 'allocated'
    | 'trace'
  >
>

/** null: the change is written whatever is found. */
export function questionOf(change: HostChange): DecidingQuery | null {
  switch (change.change) {
    case 'setAutoprobe':
    case 'setVfCount':
      return { read: 'sriov', pf: change.pf }
    case 'takeOffline':
    case 'assignResources':
    case 'assignBoth':
    case 'bringOnline':
    case 'bringEachOnline':
      return { read: 'secondaries', pf: change.pf }
    case 'attachNamespace':
    case 'detachNamespace':
    case 'detachFromEach':
      return { read: 'attachedControllers', pf: change.pf, nsid: change.nsid }
    case 'setOverride':
    case 'unbind':
    case 'probe':
      return { read: 'binding', fn: change.fn }
    case 'allocatePrimaryResources':
    case 'resetPrimary':
      return { read: 'primary', pf: change.pf }
    case 'formatNamespace':
      return { read: 'format', fn: change.fn, nsid: change.nsid }
    case 'deleteNamespace':
      return { read: 'allocated', fn: change.fn, nsids: { only: [change.nsid] } }
    case 'createNamespaces':
      return { read: 'allocated', fn: change.fn, nsids: { allBut: change.before } }
    case 'armTrace':
    case 'disarmTrace':
      return { read: 'trace' }
    case 'resetFunction':
    case 'resetFunctions':
    case 'holdDisk':
    case 'writeMarkers':
    case 'overwriteNamespace':
    case 'letGoOfDisk':
      return null
  }
}

export type DecidingQuery = Extract<HostQuery, { readonly read: keyof Found }>
