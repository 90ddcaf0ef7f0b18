/**
 * Virtualization Management (1Ch). The order of the checks is QEMU's (hw/nvme/ctrl.c, nvme_virt_mngmt and the functions
 * it calls); so is which status each gives: more than the pool has left is Invalid Resource Identifier, not Invalid
 * Number of Controller Resources. What other drives answer is in their policies (NVMe Base 2.1, "Virtualization Management
 * command"). Compared on QEMU.
 */
import type { AdminCommand } from '../../kernel/call.ts'
import type { FlexibleKind } from '../../nvme/secondary-controller.ts'
import { activate, assigned, takeOffline } from './flexible-resources.ts'
import type { Pool, SecondaryEntry } from './flexible-resources.ts'
import {
  failed,
  INVALID_CONTROLLER_ID,
  INVALID_FIELD,
  INVALID_RESOURCE_COUNT,
  INVALID_RESOURCE_ID,
  INVALID_SECONDARY_STATE,
  succeeded,
} from './status.ts'
import type { Completion } from './status.ts'
import type { NvmeController, PrimaryController } from './subsystem.ts'

const ALLOCATE_TO_PRIMARY = 1
const OFFLINE = 7
const ASSIGN = 8
const ONLINE = 9

export function virtualizationManagement(
  controller: NvmeController,
  { cdw10 = 0, cdw11 = 0 }: AdminCommand
): Completion {
  const action = cdw10 & 0xf
  const cntlid = cdw10 >>> 16
  const kind = resourceKind((cdw10 >>> 8) & 7)
  const moves = action === ALLOCATE_TO_PRIMARY || action === ASSIGN
  const { resourceType } = controller.policy.virtualization
  if (kind === undefined && (moves || resourceType === 'always-checked'))
    return failed(INVALID_RESOURCE_ID)
  const request: Request = { cntlid, kind: kind ?? 'vq', count: cdw11 & 0xffff }
  switch (action) {
    case ALLOCATE_TO_PRIMARY:
      return allocateToPrimary(controller, request)
    case ASSIGN:
      return assign(controller, request)
    case ONLINE:
      return bringOnline(controller, cntlid)
    case OFFLINE:
      return bringOffline(controller, cntlid)
    default:
      return failed(INVALID_FIELD)
  }
}

type Request = {
  readonly cntlid: number
  readonly kind: FlexibleKind
  readonly count: number
}

function resourceKind(code: number): FlexibleKind | undefined {
  if (code === 0) return 'vq'
  return code === 1 ? 'vi' : undefined
}

/**
 * In force from the next reset other than a Controller Reset. Source: QEMU nvme_assign_virt_res_to_prim. A controller
 * without flexible resources has a total of 0.
 */
function allocateToPrimary(controller: NvmeController, request: Request): Completion {
  const { cntlid, kind } = request
  if (cntlid !== controller.cntlid) return failed(INVALID_CONTROLLER_ID)
  const { beyondTotal } = controller.policy.virtualization
  const pool = controller.kind === 'primary' ? controller.pools[kind] : undefined
  if (request.count > (pool?.total ?? 0)) return failed(beyondTotal)
  if (controller.kind !== 'primary' || !pool) return succeeded()
  if (request.count > pool.total - assigned(controller.secondaries, kind))
    return failed(INVALID_RESOURCE_ID)
  pool.pendingPrimary = wholeGrains(controller, pool, request.count)
  return succeeded(undefined, pool.pendingPrimary)
}

/** Source: QEMU nvme_assign_virt_res_to_sec. */
function assign(controller: NvmeController, request: Request): Completion {
  const { kind } = request
  const found = secondaryOf(controller, request.cntlid)
  if (!found) return failed(INVALID_CONTROLLER_ID)
  const { primary, entry } = found
  if (entry.online) return failed(INVALID_SECONDARY_STATE)
  const pool = primary.pools[kind]
  if (request.count > pool.maxPerSecondary) return failed(INVALID_RESOURCE_COUNT)
  const free = pool.total - pool.primary - assigned(primary.secondaries, kind)
  if (request.count - entry[kind] > free) return failed(INVALID_RESOURCE_ID)
  entry[kind] = wholeGrains(controller, pool, request.count)
  return succeeded(undefined, entry[kind])
}

/** NRM may differ from NR, and says so. */
function wholeGrains(
  { policy }: NvmeController,
  { granularity }: Pool,
  count: number
): number {
  if (policy.virtualization.betweenGrains === 'accepted') return count
  return count - (count % granularity)
}

/** Source: QEMU nvme_virt_set_state(true). */
function bringOnline(controller: NvmeController, cntlid: number): Completion {
  const found = secondaryOf(controller, cntlid)
  if (!found) return failed(INVALID_CONTROLLER_ID)
  const { primary, entry } = found
  const { withoutVf, takenUp } = primary.policy.virtualization
  if (entry.vfNumber > primary.enabledVfs) return failed(withoutVf)
  if (entry.vi === 0 || entry.vq < 2) return failed(INVALID_SECONDARY_STATE)
  if (entry.online) return succeeded()
  if (takenUp === 'by-reset-before-online' && !hasTakenUp(entry))
    return failed(INVALID_SECONDARY_STATE)
  if (takenUp === 'by-online') activate(entry)
  entry.online = true
  return succeeded()
}

/** The VF has been reset since it was assigned anything. */
function hasTakenUp({ vq, vi, active }: SecondaryEntry): boolean {
  return active.vq === vq && active.vi === vi
}

function bringOffline(controller: NvmeController, cntlid: number): Completion {
  const found = secondaryOf(controller, cntlid)
  if (!found) return failed(INVALID_CONTROLLER_ID)
  takeOffline(found.entry)
  return succeeded()
}

/** A VF and a plain controller have an empty list, so every cntlid is unknown to them. */
function secondaryOf(controller: NvmeController, cntlid: number) {
  if (controller.kind !== 'primary') return undefined
  const entry = controller.secondaries.find((secondary) => secondary.cntlid === cntlid)
  return entry && { primary: controller satisfies PrimaryController, entry }
}
