/**
 * What differs from drive to drive: small values that the commands go by, one file for each device. Whether a behaviour
 * was held against a real one or read in documents is told by `evidence`.
 */
import type { AttachmentRules } from './attachment-rules.ts'
import type { CommandTable } from './command-effects.ts'

export type DeviceName = 'qemu-7.2' | 'qemu-10' | 'specification' | 'pm1733' | 'plain'

/** `primary`: of SR-IOV's physical function; `secondary`: of a virtual one; `plain`: neither. */
export type ControllerKind = 'plain' | 'primary' | 'secondary'

export type DevicePolicy = {
  readonly name: DeviceName
  readonly evidence: 'compared' | 'from documents'
  /** Errors carry the Do Not Retry bit. */
  readonly doNotRetry: boolean
  readonly identity: IdentityPolicy
  readonly commands: Readonly<Record<ControllerKind, CommandTable>>
  readonly ioCommands: CommandTable
  readonly pages: PagePolicy
  readonly health: HealthPolicy
  readonly erasing: ErasingPolicy
  readonly attachment: AttachmentRules
  readonly secondaries: SecondaryPolicy
  readonly virtualization: VirtualizationPolicy
  /** CDW11 of Interrupt Coalescing (08h) as the drive is set up; absent: 0, none. */
  readonly interruptCoalescing?: number
}

/** Fields of Identify Controller. */
export type IdentityPolicy = {
  /** VER. */
  readonly version: number
  /** IEEE OUI, in the order of the bytes. */
  readonly oui: readonly [number, number, number]
  /** CMIC says "several controllers" even where there is one. */
  readonly alwaysMultiController: boolean
  /** CMIC bit 2 on a VF. */
  readonly tellsVirtualFunctions: boolean
  /** OACS. */
  readonly optionalCommands: Readonly<Record<ControllerKind, number>>
  /** CTRATT. */
  readonly attributes: number
  /** ONCS. */
  readonly optionalIoCommands: number
  /** OCFS. */
  readonly copyFormats: number
  /** TNVMCAP and UNVMCAP are filled in. */
  readonly tellsCapacity: boolean
}

export type PagePolicy = {
  /** What is told beyond the own namespaces (CNS 10h to 13h), by whether there may be several controllers. */
  readonly ofSubsystem: (
    multiController: boolean
  ) => 'everything' | 'own-namespaces' | 'nothing'
  /** Who answers CNS 14h and 15h. */
  readonly virtualization: 'every-controller' | 'primaries'
  /** Status for a log page that there is not. */
  readonly unknownLog: number
  /** Kept entries of the Error Information log, counted as ELPE counts; undefined: one, always empty. */
  readonly errorEntries: number | undefined
  /** FRS1 of the firmware slot log; undefined: the firmware revision. */
  readonly firmwareSlot: string | undefined
}

/** SMART / Health beside what is counted. Percent. */
export type HealthPolicy = {
  readonly availableSpare: number
  readonly spareThreshold: number
}

/** Format NVM and Sanitize. */
export type ErasingPolicy = {
  readonly lbaFormats: readonly LbaFormat[]
  /** FNA. */
  readonly formatAttributes: number
  /** SES is looked at. QEMU erases whatever it says. */
  readonly checksSecureErase: boolean
  /** How long a Format takes: one that throws a key away, and any other. */
  readonly formatMs: { readonly cryptographic: number; readonly everyBlock: number }
  /** How long each action takes; absent: not supported. All absent: no Sanitize. */
  readonly sanitizeMs: Readonly<Partial<Record<SanitizeAction, number>>>
}

export type SanitizeAction = 'block-erase' | 'overwrite' | 'crypto-erase'

export type LbaFormat = { readonly blockBytes: number; readonly metadataBytes: number }

export type SecondaryPolicy = {
  /** Controllers of VFs that are not enabled. Those that exist can be listed and attached to. */
  readonly exist: 'while-enabled' | 'always'
  /** Whether Linux can bring the VFs back after a Function Level Reset of the primary. */
  readonly afterFunctionReset: 'lost' | 'restored'
  /** Flexible resources that the primary has when it is delivered. */
  readonly primaryHas: 'none' | 'all'
  /** CAP.NSSRS. */
  readonly subsystemReset: boolean
}

export type VirtualizationPolicy = {
  /** Whether RT matters for actions that move nothing. */
  readonly resourceType: 'always-checked' | 'checked-when-moving'
  /** Status for more to the primary than there is. */
  readonly beyondTotal: number
  /** Status of ACT 9 while the VF is not enabled. */
  readonly withoutVf: number
  /** A count between two multiples of the granularity. */
  readonly betweenGrains: 'accepted' | 'rounded-down'
  /** When a VF gets at its new queues and vectors. */
  readonly takenUp: 'by-online' | 'by-reset' | 'by-reset-before-online'
}
