/** SR-IOV of a physical function: its pool, its secondaries, and what somebody has set up on its VFs. */
import type { FunctionObservation, NamespaceObservation } from '../host/observation.ts'
import type { SriovState } from '../host/query.ts'
import type {
  PrimaryCapabilities,
  SecondaryController,
} from '../nvme/secondary-controller.ts'
import type { CapturedSriov, CapturedVf } from './captured-host.ts'
import { present } from './captured-host.ts'

export type SriovFacts = {
  readonly state: SriovState
  readonly vfDevice: number
  readonly primary: PrimaryCapabilities | null
  readonly secondaries: readonly SecondaryController[]
  /** Those that are enabled. */
  readonly vfs: readonly FunctionObservation[]
  /** Of the drive. */
  readonly namespaces: readonly NamespaceObservation[]
  readonly groupLabel: (address: string) => string | undefined
}

export function capturedSriov(facts: SriovFacts): CapturedSriov {
  const { state, vfDevice, vfs, groupLabel } = facts
  const [first] = vfs
  return present({
    totalVfs: state.totalVfs,
    offset: state.offset,
    stride: state.stride,
    vfDevice,
    ...poolsOf(facts),
    vfGroup: first && groupLabel(first.address),
    secondaryCntlids: cntlidsOf(facts),
    vfCount: state.vfCount,
    autoprobe: state.autoprobe,
    virtualFunctions: facts.secondaries.flatMap((one) => vfOf(one, facts)),
  }) as CapturedSriov // without what is undefined
}

/** Of a primary that cannot be asked: the least that its VFs need. */
function poolsOf({ primary, state }: SriovFacts) {
  if (!primary)
    return {
      vqFlexible: 2 * state.totalVfs,
      viFlexible: state.totalVfs,
      maxVqPerVf: 2,
      maxViPerVf: 1,
      vqPrivate: 2,
      viPrivate: 1,
    }
  const { vq, vi } = primary
  return {
    vqFlexible: vq.total,
    viFlexible: vi.total,
    maxVqPerVf: vq.maxPerSecondary,
    maxViPerVf: vi.maxPerSecondary,
    vqPrivate: vq.private,
    viPrivate: vi.private,
    vqGranularity: Math.max(1, vq.granularity),
    viGranularity: Math.max(1, vi.granularity),
    vqPrimary: vq.primary,
    viPrimary: vi.primary,
  }
}

/** In the order of the VFs; undefined where the drive does not list one for each. */
function cntlidsOf({ secondaries, state }: SriovFacts): readonly number[] | undefined {
  const ids = Array.from(
    { length: state.totalVfs },
    (_, i) => secondaries.find(({ vfNumber }) => vfNumber === i + 1)?.cntlid
  )
  return ids.every((id) => id !== undefined) ? ids : undefined
}

/** None for a VF with which nothing was done. */
function vfOf(
  { vfNumber, cntlid, state, held }: SecondaryController,
  { vfs, namespaces }: SriovFacts
): readonly CapturedVf[] {
  const { vq, vi } = held
  const fn = vfs.find(({ vf }) => vf?.vfNumber === vfNumber)
  if (!fn) return vq > 0 || vi > 0 ? [{ vfNumber, vq, vi }] : []
  const { driver = null, override = null } = fn.binding ?? {}
  const attached = namespaces.filter((one) => one.attachedTo.includes(cntlid))
  const captured = {
    vfNumber,
    vq,
    vi,
    online: state === 'online',
    namespaces: attached.map(({ nsid }) => nsid),
    driver: driver === 'nvme' || driver === 'vfio-pci' ? driver : undefined,
    driverOverride: override ?? undefined,
  }
  return [present(captured) as CapturedVf] // without what is undefined
}
