/**
 * The port of drills: making an emulated host fail, on purpose. A real host has none. Faults and events are JSON, as
 * changes are: the same value stands in a machine file, a test, a request of the API and the log.
 *
 * @throws {HostDriverError} gone: nobody was there to be asked, and nothing has happened. After any other error what was
 * asked for may have happened.
 */
export interface Drills {
  /** From now on, until it has struck as often as it may or is taken back. */
  arm: (fault: FaultDescription) => Promise<ArmedFault>
  armed: () => Promise<readonly ArmedFault[]>
  /** Calls that hang in it come back as told. Undefined: nobody armed one of that id. */
  takeBack: (id: string, hanging: HangingCalls) => Promise<ArmedFault | undefined>
  /** At once; what the host's kernel makes of it goes on behind. */
  fire: (event: MachineEvent) => Promise<EventOutcome>
}

/** A kernel call that matches is spoiled at its door: but for `status-with-effect` before any effect. */
export type FaultDescription = {
  readonly match: CallMatch
  /** Matching calls to let pass first. */
  readonly skip?: number
  /** Matching calls to spoil; default: all that come. */
  readonly times?: number
  /** Part of the matching calls that is spoiled, from 0 to 1; default all. Drawn from `seed`. */
  readonly chance?: number
  readonly seed?: number
  readonly kind: FaultKind
}

/** Whatever is left out matches everything. */
export type CallMatch = {
  readonly call?: CallKind
  /** Glob of the whole path or device: `*` within a name, `**` over several, `?` one character. */
  readonly path?: string
  /** What is written, exactly. */
  readonly text?: string
  /** The PCI function that the call is about: by path, by what is written, or by its controller's or disk's name. */
  readonly address?: string
  /** Of an admin command, and its dwords. */
  readonly opcode?: number
  readonly nsid?: number
  readonly cdw10?: number
  readonly cdw11?: number
  /** Only calls that may change something: writes, and admin commands that are not mere questions. */
  readonly control?: boolean
}

export const CALL_KINDS = [
  'read',
  'readBytes',
  'readLink',
  'readDir',
  'exists',
  'write',
  'admin',
  'openExclusive',
  'holdDisk',
  'letGoDisk',
  'readBlocks',
  'writeBlocks',
  'writeZeroes',
  'vfioGroupStatus',
  'holders',
] as const
export type CallKind = (typeof CALL_KINDS)[number]

export type FaultKind =
  | { readonly fault: 'errno'; readonly errno: string }
  /** NVMe status, 15 bits; admin commands only. */
  | { readonly fault: 'status'; readonly status: number }
  /** Its effect is there, and then, that much later, it fails with that status; admin commands only. */
  | {
      readonly fault: 'status-with-effect'
      readonly status: number
      /** By the host's clock. */
      readonly ms: number
    }
  /** Says that it was done. A question is answered as ever. */
  | { readonly fault: 'without-effect' }
  /** Begins that much later, by the host's clock. */
  | { readonly fault: 'slow'; readonly ms: number }
  | { readonly fault: 'never-returns' }

export type HangingCalls = 'with-effect' | 'without-effect'

export type ArmedFault = {
  /** Opaque; of this host. */
  readonly id: string
  readonly fault: FaultDescription
  /** Calls that it has spoiled. */
  readonly struck: number
  /** Calls that hang in it now. */
  readonly hanging: number
  /** It has struck as often as it may. */
  readonly usedUp: boolean
}

export type MachineEvent =
  /** CC.EN cleared and set by nvme, as after an I/O that timed out. */
  | { readonly event: 'controller-reset'; readonly address: string }
  | { readonly event: 'function-reset'; readonly address: string }
  /** Torn out with what uses it: VFs, mounts, guests. */
  | { readonly event: 'surprise-removal'; readonly address: string }
  /** A drive that was torn out is back in its slot. */
  | { readonly event: 'hot-plug'; readonly address: string }
  /** Secondaries of that primary are offline without VQ and VI, and nothing has told; without `vfNumber` all are. */
  | {
      readonly event: 'resources-lost'
      readonly address: string
      /** 1-based. */
      readonly vfNumber?: number
    }
  /** Bindings, overrides and VFs are gone, groups and controllers renumbered. @property downMs default 0 */
  | { readonly event: 'reboot'; readonly downMs?: number }

export type EventOutcome =
  | { readonly fired: true }
  /** It cannot happen to that function, or to the host, as it is. */
  | { readonly fired: false; readonly state: DrillState; readonly from: DrillState }

/** As a drill needs to know a function, or the host. */
export type DrillState =
  | 'unknown'
  | 'absent'
  | 'present'
  /** Pulled, while something still holds it. */
  | 'being-removed'
  | 'driven-by-nvme'
  | 'not-driven-by-nvme'
  | 'physical'
  | 'virtual'
  | 'primary'
  | 'not-primary'
  /** Of the host. */
  | 'up'
  | 'down'
