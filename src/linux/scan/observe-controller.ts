/** A controller that the nvme driver has: what sysfs says of it and, when it is live, what it says of itself. */
import type {
  ControllerCapabilities,
  ControllerObservation,
  SmartSummary,
} from '../../host/observation.ts'
import type { SriovState } from '../../host/query.ts'
import type { IdentifyController } from '../../nvme/identify-controller.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type {
  PrimaryCapabilities,
  SecondaryController,
} from '../../nvme/secondary-controller.ts'
import { readSecondaryList } from '../../nvme/secondary-list.ts'
import type { SmartLog } from '../../nvme/smart-log.ts'
import type { LaneSession } from '../lane-session.ts'
import {
  identifyController,
  primaryCapabilities,
  reachOf,
  refusedByDrive,
  secondaryEntries,
  smartLog,
} from '../nvme-commands.ts'
import { attributesOf, controllerNameOf } from '../nvme-controller.ts'
import { ifReadable } from '../small-files.ts'

export type ControllerAnswers = Pick<
  ControllerObservation,
  'capabilities' | 'primary' | 'secondaries' | 'health' | 'tenantReach'
>

export const NO_ANSWERS: ControllerAnswers = {
  capabilities: null,
  primary: null,
  secondaries: [],
  health: null,
}

/** By sysfs alone, so also while its lane hangs; null while nvme has none for the function that has told who it is. */
export async function controllerBySysfs(
  kernel: LaneSession['kernel'],
  fn: PciAddress
): Promise<ControllerObservation | null> {
  const name = await controllerNameOf(kernel, fn)
  const attributes = name === null ? null : await attributesOf(kernel, name)
  if (name === null || attributes === null) return null
  return { name, ...attributes, ...NO_ANSWERS }
}

/** A primary's or a plain controller's own words. What it refuses is left out. */
export async function controllerAnswers(
  session: LaneSession,
  name: string,
  sriov: SriovState | null
): Promise<ControllerAnswers> {
  const identified = await unlessRefused(identifyController(session, name))
  if (identified === null) return NO_ANSWERS
  const manages = identified.optional.virtualizationManagement || (sriov?.totalVfs ?? 0) > 0
  const virtualization = manages
    ? await virtualizationOf(session, name, sriov?.totalVfs ?? 0)
    : { primary: null, secondaries: [] }
  const smart = await unlessRefused(smartLog(session, name))
  return {
    ...virtualization,
    capabilities: capabilitiesOf(identified, virtualization),
    health: smart === null ? null : summaryOf(smart),
  }
}

/**
 * A VF's own words: what it is capable of, and what it lets its tenant do to others. Whoever asks must know that it is online, since a command to one that is
 * not hangs until the driver's timeout, and with it the lane.
 */
export async function secondaryAnswers(
  session: LaneSession,
  name: string
): Promise<ControllerAnswers> {
  const identified = await unlessRefused(identifyController(session, name))
  if (identified === null) return NO_ANSWERS
  return {
    ...NO_ANSWERS,
    capabilities: capabilitiesOf(identified, null),
    tenantReach: await reachOf(session, name, identified),
  }
}

type Virtualization = {
  readonly primary: PrimaryCapabilities | null
  readonly secondaries: readonly SecondaryController[]
}

/** A list that is not as specified counts as none: such a drive is looked at and never changed. */
async function virtualizationOf(
  session: LaneSession,
  name: string,
  totalVfs: number
): Promise<Virtualization> {
  const primary = await unlessRefused(primaryCapabilities(session, name))
  const entries = primary && (await unlessRefused(secondaryEntries(session, name)))
  if (!primary || !entries) return { primary: null, secondaries: [] }
  const reading = readSecondaryList(entries, primary.cntlid, totalVfs)
  return { primary, secondaries: reading.trusted ? reading.secondaries : [] }
}

function capabilitiesOf(
  { optional, maxNamespaces, totalCapacityBytes }: IdentifyController,
  virtualization: Virtualization | null
): ControllerCapabilities {
  return {
    namespaceManagement: optional.namespaceManagement,
    // QEMU up to 9.0 implements the command without its bit, so a primary's list counts as evidence.
    virtualizationManagement: virtualization
      ? virtualization.secondaries.length > 0
      : optional.virtualizationManagement,
    doorbellBufferConfig: optional.doorbellBufferConfig,
    format: optional.format,
    maxNamespaces,
    totalCapacityBytes: String(totalCapacityBytes),
  }
}

function summaryOf(smart: SmartLog): SmartSummary {
  return {
    criticalWarning: smart.criticalWarning,
    temperatureKelvin: smart.temperatureKelvin,
    availableSparePercent: smart.availableSparePercent,
    percentageUsed: smart.percentageUsed,
    dataUnitsRead: String(smart.dataUnitsRead),
    dataUnitsWritten: String(smart.dataUnitsWritten),
    powerOnHours: String(smart.powerOnHours),
    mediaErrors: String(smart.mediaErrors),
  }
}

/** null: the drive refused the command, or the kernel did not pass it on. */
export async function unlessRefused<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await ifReadable(answer)
  } catch (cause) {
    if (refusedByDrive(cause)) return null
    throw cause
  }
}
