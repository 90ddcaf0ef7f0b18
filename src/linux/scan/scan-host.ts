/** Everything at once: lanes side by side, one call at a time in each, and no waiting for one that hangs. */
import { isoTime } from '../../clock.ts'
import type {
  FunctionObservation,
  HostFacts,
  HostObservation,
} from '../../host/observation.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { grouped } from '../grouped.ts'
import type { LinuxHost } from '../in-lane.ts'
import { laneKeyOf, type Kinship } from '../kinship.ts'
import {
  laneSession,
  type LaneBlocked,
  type LaneSession,
  type SessionOptions,
} from '../lane-session.ts'
import { blockedInWords, blockedReport } from '../blocked-report.ts'
import { nvmeFunctions } from '../pci-function.ts'
import { observeFunction } from './observe-function.ts'
import type { Spokesman } from './observe-namespace.ts'
import { observeNamespaces } from './observe-namespaces.ts'

type Relative = { readonly fn: PciAddress; readonly kinship: Kinship }

type LaneScan = {
  readonly session: LaneSession | null
  readonly functions: readonly FunctionObservation[]
}

/** Once more where VFs came up between the list of functions and the look at their primary: they would seem not to exist. */
export async function scanHost(
  host: LinuxHost,
  facts: HostFacts,
  options: SessionOptions
): Promise<HostObservation> {
  const seen = await scanOnce(host, facts, options)
  return lacksVfs(seen) ? scanOnce(host, facts, options) : seen
}

function lacksVfs({ functions }: HostObservation): boolean {
  return functions.some(({ address, sriov }) => {
    const vfCount = sriov?.vfCount ?? 0
    return vfCount > functions.filter(({ vf }) => vf?.pf === address).length
  })
}

async function scanOnce(
  host: LinuxHost,
  facts: HostFacts,
  options: SessionOptions
): Promise<HostObservation> {
  const observedAt = isoTime(host.clock.nowMs())
  const families = await familiesOf(host)
  const scans = await Promise.all(
    Array.from(families, ([key, relatives]) =>
      scanLane(host, facts.bootId, key, relatives, options)
    )
  )
  return {
    host: facts,
    functions: scans
      .flatMap(({ functions }) => functions)
      .sort((a, b) => (a.address < b.address ? -1 : 1)),
    ...(await observeNamespaces(host.kernel, scans.flatMap(spokesmenOf))),
    observedAt,
  }
}

/**
 * Functions by lane, primaries before their VFs. Without a VF that is being removed and has no number any more: its row
 * cannot be told, and by itself it would pass for a controller, with the names that it still has.
 */
async function familiesOf(
  host: LinuxHost
): Promise<ReadonlyMap<PciAddress | null, readonly Relative[]>> {
  const relatives: Relative[] = []
  for (const fn of await nvmeFunctions(host.kernel)) {
    const kinship = await host.kinships.of(fn)
    const isNameless = kinship.kin === 'leaving' && kinship.vfNumber === null
    if (!isNameless) relatives.push({ fn, kinship })
  }
  return grouped(relatives, ({ fn, kinship }) => laneKeyOf(fn, kinship))
}

async function scanLane(
  host: LinuxHost,
  bootId: string,
  key: PciAddress | null,
  relatives: readonly Relative[],
  options: SessionOptions
): Promise<LaneScan> {
  const session = key === null ? null : laneSession(host.kernel, key, options)
  const functions: FunctionObservation[] = []
  let why: Promise<string> | undefined
  const whyBlocked = (cause: LaneBlocked) =>
    (why ??= blockedReport(host, cause).then(blockedInWords))
  for (const { fn, kinship } of relatives) {
    const primary = functions.find(({ address }) => address === key)
    const observing = { host, bootId, session, kinship, primary, whyBlocked }
    const observed = await observeFunction(observing, fn)
    if (observed !== null) functions.push(observed)
  }
  return { session, functions }
}

/** VFs are not asked: one whose primary was reset still seems live, and a command to it hangs. */
function spokesmenOf({ session, functions }: LaneScan): readonly Spokesman[] {
  if (session === null) return []
  return functions.flatMap(({ address, vf, blocked, controller }) =>
    vf === null && blocked === null && controller?.state === 'live'
      ? [{ session, fn: address, controller }]
      : []
  )
}
