/** What callers see, made of rows. Pure but for what the surroundings look up. */
import type { FunctionObservation, SmartSummary } from '../host/observation.ts'
import {
  freeOf,
  type FlexiblePool,
  type FlexibleResources,
} from '../nvme/secondary-controller.ts'
import type {
  ControllerRow,
  HostRow,
  NamespaceRow,
  VirtualFunctionRow,
} from '../store/rows.ts'
import { isOfSubsystem } from './same-subsystem.ts'
import type { Surroundings } from './surroundings.ts'
import { knownReach, tenantSafety } from './tenant-safety.ts'
import type {
  ControllerView,
  FunctionView,
  Health,
  HostView,
  NamespaceView,
  PoolView,
  VirtualFunctionView,
} from './views.ts'

export function hostView(row: HostRow): HostView {
  const { settledBootId, unrestored, ...shown } = row
  const isSettled = settledBootId === row.bootId
  const settled = unrestored === 0 ? 'ready' : 'degraded'
  return { ...shown, state: isSettled ? settled : 'restoring' }
}

export function controllerView(row: ControllerRow, around: Surroundings): ControllerView {
  const { observation, lastController } = row
  const answering = row.present ? observation.controller : null
  return {
    ...functionView(row.present ? observation : null),
    id: row.id,
    hostId: row.hostId,
    name: answering?.name ?? null,
    state: answering?.state ?? null,
    serial: row.serial,
    model: lastController?.model ?? null,
    firmware: lastController?.firmware ?? null,
    subsystemNqn: row.subsystemNqn,
    cntlid: row.cntlid,
    present: row.present,
    ambiguous: row.ambiguous,
    ioQueuePairs: answering ? Math.max(0, answering.queueCount - 1) : null,
    queueDepth: answering?.queueDepth ?? null,
    sriov: sriovView(row, around.pendingPrimary(row.id)),
    capabilities: lastController?.capabilities ?? null,
    smart: lastController?.health ?? null,
    health: healthOf(answering?.state ?? null, lastController?.health ?? null),
    assignmentId: around.assignmentOf(row.hostId, row.id),
    changingBy: around.changing(row.id),
    drift: around.driftOf(row.hostId, row.id),
    observedAt: isFresh(row) ? around.observedAt(row) : row.observedAt,
  }
}

export function virtualFunctionView(
  row: VirtualFunctionRow,
  around: Surroundings
): VirtualFunctionView {
  const primary = around.controller(row.hostId, row.controllerId)
  const namespaces = primary
    ? around
        .namespaces(row.hostId)
        .filter(({ observation }) => isOfSubsystem(primary, observation))
    : []
  const idsOf = (isWanted: (namespace: NamespaceRow) => boolean) =>
    namespaces
      .filter((namespace) => namespace.present && isWanted(namespace))
      .map(({ id }) => id)
  return {
    ...functionView(row.observation),
    id: row.id,
    hostId: row.hostId,
    controllerId: row.controllerId,
    vfNumber: row.vfNumber,
    cntlid: row.cntlid,
    enabled: row.address !== null,
    secondary: { state: row.secondaryState, vq: row.vq, vi: row.vi },
    provisioned: row.provisioned && {
      vq: row.provisioned.vq,
      vi: row.provisioned.vi,
      ioQueuePairs: row.provisioned.vq - 1,
      namespaceIds: idsOf(
        ({ observation }) => row.provisioned?.nsids.includes(observation.nsid) === true
      ),
      driver: row.provisioned.driver,
    },
    quarantine: row.provisioned?.quarantine ?? null,
    tenantSafety: tenantSafety(primary ? knownReach(primary, row.vfNumber) : null),
    namespaceIds: idsOf(({ observation }) => observation.attachedTo.includes(row.cntlid)),
    assignmentId: around.assignmentOf(row.hostId, row.id),
    changingBy: around.changing(row.id),
    drift: around.driftOf(row.hostId, row.id),
    observedAt: primary && isListing(primary) ? around.observedAt(row) : row.observedAt,
  }
}

export function namespaceView(row: NamespaceRow, around: Surroundings): NamespaceView {
  const ofSubsystem = around
    .controllers(row.hostId)
    .filter((controller) => isOfSubsystem(controller, row.observation))
  return {
    ...row.observation,
    id: row.id,
    hostId: row.hostId,
    present: row.present,
    attachedTo: row.observation.attachedTo.map((cntlid) => ({
      cntlid,
      ...holderOf(cntlid, ofSubsystem, around),
    })),
    observedAt:
      row.present && ofSubsystem.some(isListing) ? around.observedAt(row) : row.observedAt,
  }
}

type AttachedView = NamespaceView['attachedTo'][number]

function holderOf(
  cntlid: number,
  ofSubsystem: readonly ControllerRow[],
  around: Surroundings
): Pick<AttachedView, 'kind' | 'id'> {
  const controller = ofSubsystem.find((row) => row.cntlid === cntlid)
  if (controller) return { kind: 'controller', id: controller.id }
  const owners = new Set(ofSubsystem.map((row) => row.id))
  const virtualFunction = ofSubsystem
    .flatMap((row) => around.virtualFunctions(row.hostId))
    .find((row) => row.cntlid === cntlid && owners.has(row.controllerId))
  if (virtualFunction) return { kind: 'virtualFunction', id: virtualFunction.id }
  return { kind: 'unknown', id: null }
}

function functionView(seen: FunctionObservation | null): FunctionView {
  return {
    pciAddress: seen?.address ?? null,
    driver: seen?.binding?.driver ?? null,
    driverOverride: seen?.binding?.override ?? null,
    iommuGroup: seen?.group
      ? {
          number: seen.group.number,
          viable: seen.group.viable,
          siblings: seen.group.members.filter(({ address }) => address !== seen.address),
        }
      : null,
    numaNode: seen?.numaNode ?? -1,
    link: seen?.link ?? null,
    resetMethods: seen?.resetMethods ?? null,
    blocked: seen?.blocked ?? null,
  }
}

function sriovView(
  { observation, lastController }: ControllerRow,
  pending: FlexibleResources | null
): ControllerView['sriov'] {
  if (observation.sriov === null) return null
  const { totalVfs, vfCount, autoprobe } = observation.sriov
  const primary = lastController?.primary ?? null
  return {
    totalVfs,
    vfCount,
    autoprobe,
    vq: primary && poolView(primary.vq, pending?.vq),
    vi: primary && poolView(primary.vi, pending?.vi),
  }
}

function poolView(pool: FlexiblePool, pending = pool.primary): PoolView {
  const pendingReset = pending === pool.primary ? null : pending
  return { ...pool, free: freeOf(pool), pendingReset }
}

/**
 * Critical Warning bits 2 (reliability degraded), 3 (read only) and 5 (persistent memory unreliable) mean that data are
 * in danger; the others that they will be. Source: NVMe Base 2.1, "SMART / Health Information".
 */
const DATA_IN_DANGER = 0b101100

function healthOf(state: string | null, smart: SmartSummary | null): Health {
  if (state === 'dead') return 'critical'
  if (smart === null) return 'unknown'
  if ((smart.criticalWarning & DATA_IN_DANGER) !== 0) return 'critical'
  return smart.criticalWarning !== 0 || smart.percentageUsed >= 100 ? 'warning' : 'ok'
}

/** Its sysfs attributes were all read by the last scan. */
function isFresh(row: ControllerRow): boolean {
  return row.present && row.observation.blocked === null
}

/** Its admin queue answered the last scan, which heard of all namespaces of its subsystem. */
function isListing(row: ControllerRow): boolean {
  const { controller, namespacesUnlisted } = row.observation
  const isAnswering = isFresh(row) && controller?.capabilities != null
  return isAnswering && namespacesUnlisted !== true
}
