/** One PCI function: what can be read at any time, and what its lane lets us read. */
import type { ControllerObservation, FunctionObservation } from '../../host/observation.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { SecondaryController } from '../../nvme/secondary-controller.ts'
import type { LinuxHost } from '../in-lane.ts'
import { groupOf } from '../iommu-group.ts'
import type { Kinship } from '../kinship.ts'
import { LaneBlocked, type LaneSession } from '../lane-session.ts'
import {
  bindingOf,
  classOf,
  linkOf,
  resetMethodsOf,
  serialNumberOf,
  slotFacts,
  sriovOf,
} from '../pci-function.ts'
import { ifReadable, readCount } from '../small-files.ts'
import { attributePath } from '../sysfs-paths.ts'
import {
  controllerAnswers,
  controllerBySysfs,
  NO_ANSWERS,
  secondaryAnswers,
} from './observe-controller.ts'

export type Observing = {
  readonly host: LinuxHost
  readonly bootId: string
  /** null: a VF that is being removed, and whose primary is unknown. */
  readonly session: LaneSession | null
  readonly kinship: Kinship
  /** In words; found once for all functions of the lane. */
  readonly whyBlocked: (cause: LaneBlocked) => Promise<string>
  /** Of a VF: its primary, as it was observed in this scan. */
  readonly primary: FunctionObservation | undefined
}

/** null: it went away while it was looked at. */
export async function observeFunction(
  observing: Observing,
  fn: PciAddress
): Promise<FunctionObservation | null> {
  try {
    const unlaned = await withoutLane(observing, fn)
    return { ...unlaned, ...(await throughLane(observing, unlaned)) }
  } catch (cause) {
    const absent = ['ENOENT', 'ENODEV', 'ENXIO', 'ENOTDIR']
    if (cause instanceof KernelError && absent.includes(cause.errno)) return null
    throw cause
  }
}

async function withoutLane(
  { host: { kernel }, bootId, kinship }: Observing,
  fn: PciAddress
): Promise<FunctionObservation> {
  const numaPath = attributePath(fn, 'numa_node')
  return {
    address: fn,
    pci: { ...(await slotFacts(kernel, fn)), serialNumber: null, bootId },
    class: await classOf(kernel, fn),
    binding: null,
    group: await groupOf(kernel, fn),
    numaNode: (await ifReadable(readCount(kernel.call, numaPath))) ?? -1,
    link: await linkOf(kernel, fn),
    resetMethods: null,
    sriov: null,
    vf: vfOf(kinship),
    controller: await controllerBySysfs(kernel, fn),
    blocked: null,
  }
}

function vfOf(kinship: Kinship): FunctionObservation['vf'] {
  if (kinship.kin === 'independent') return null
  const { pf, vfNumber } = kinship
  return pf === null || vfNumber === null ? null : { pf, vfNumber }
}

async function throughLane(
  observing: Observing,
  unlaned: FunctionObservation
): Promise<Partial<FunctionObservation>> {
  const { session, kinship } = observing
  if (session === null || kinship.kin === 'leaving') {
    return { blocked: 'the kernel is removing this virtual function' }
  }
  try {
    return await laneFields(session, observing, unlaned)
  } catch (cause) {
    if (!(cause instanceof LaneBlocked)) throw cause
    return { blocked: await observing.whyBlocked(cause) }
  }
}

async function laneFields(
  session: LaneSession,
  observing: Observing,
  { address, pci, vf, controller }: FunctionObservation
): Promise<Partial<FunctionObservation>> {
  const secondary = observing.primary?.controller?.secondaries.find(
    ({ vfNumber }) => vfNumber === vf?.vfNumber
  )
  const binding = await ifReadable(bindingOf(session, address))
  const sriov = vf ? null : await ifReadable(sriovOf(session, address))
  return {
    pci: {
      ...pci,
      // A VF that has one has its PF's (PCI Express Base 5.0, "Device Serial Number Extended Capability").
      serialNumber: vf
        ? (observing.primary?.pci.serialNumber ?? null)
        : await serialNumberOf(session, address),
    },
    binding,
    resetMethods: await resetMethodsOf(session.kernel, address),
    sriov,
    controller: controller && {
      ...controller,
      ...(vf
        ? await answersOfVf(session, controller, secondary)
        : await answersOf(session, controller, sriov)),
    },
  }
}

async function answersOf(
  session: LaneSession,
  { name, state }: ControllerObservation,
  sriov: FunctionObservation['sriov']
) {
  return state === 'live' ? controllerAnswers(session, name, sriov) : NO_ANSWERS
}

async function answersOfVf(
  session: LaneSession,
  { name, state }: ControllerObservation,
  secondary: SecondaryController | undefined
) {
  const serves = state === 'live' && secondary?.state === 'online'
  return serves ? secondaryAnswers(session, name) : NO_ANSWERS
}
