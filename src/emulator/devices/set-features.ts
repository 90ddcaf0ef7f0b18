/**
 * Set Features (09h), in QEMU's order of checks (hw/nvme/ctrl.c, nvme_set_feature). What is set can be got; only the
 * temperature threshold has an effect. From documents.
 */
import type { AdminCommand } from '../../kernel/call.ts'
import {
  FEATURE,
  featureKey,
  FEATURES,
  namespaceMisfit,
  sensorOf,
  thresholdOf,
} from './features.ts'
import { BROADCAST, isValidNsid } from './namespace-ids.ts'
import {
  COMMAND_SEQUENCE,
  COMMAND_SETS_REJECTED,
  failed,
  FEATURE_NOT_CHANGEABLE,
  FEATURE_NOT_OF_NAMESPACE,
  FEATURE_NOT_SAVEABLE,
  INVALID_FIELD,
  INVALID_NAMESPACE,
  succeeded,
} from './status.ts'
import type { Completion } from './status.ts'
import { activeNamespaces } from './subsystem.ts'
import type { NvmeController } from './subsystem.ts'

export function setFeatures(
  controller: NvmeController,
  { nsid = 0, cdw10 = 0, cdw11 = 0 }: AdminCommand
): Completion {
  const id = cdw10 & 0xff
  if (cdw10 >>> 31 === 1) return failed(FEATURE_NOT_SAVEABLE)
  const feature = FEATURES.get(id)
  if (!feature) return failed(INVALID_FIELD)
  const misfit = feature.ofNamespace
    ? targetMisfit(controller, nsid)
    : controllerMisfit(nsid)
  if (misfit !== 0) return failed(misfit)
  if (!feature.changeable) return failed(FEATURE_NOT_CHANGEABLE)
  const refusal = refusalOf(id, cdw11)
  if (refusal !== 0) return failed(refusal)
  const targets = feature.ofNamespace ? namespacesOf(controller, nsid) : [0]
  for (const target of targets) keep(controller, id, target, cdw11)
  return succeeded()
}

const COMMAND_SET_COMBINATION = 0x1ff

function refusalOf(id: number, cdw11: number): number {
  switch (id) {
    case FEATURE.numberOfQueues:
      // The driver has created its queues long ago.
      return COMMAND_SEQUENCE
    case FEATURE.temperatureThreshold:
      return sensorOf(cdw11) === 0 && thresholdOf(cdw11) > 1 ? INVALID_FIELD : 0
    case FEATURE.commandSetProfile:
      return (cdw11 & COMMAND_SET_COMBINATION) === 0 ? 0 : COMMAND_SETS_REJECTED
    default:
      return 0
  }
}

function namespacesOf(controller: NvmeController, nsid: number): readonly number[] {
  return nsid === BROADCAST ? activeNamespaces(controller).map((one) => one.nsid) : [nsid]
}

/** One namespace, or all. */
function targetMisfit(controller: NvmeController, nsid: number): number {
  return nsid === BROADCAST ? 0 : namespaceMisfit(controller, nsid)
}

/** A feature of the whole controller takes no namespace, or all of them. */
function controllerMisfit(nsid: number): number {
  if (nsid === 0 || nsid === BROADCAST) return 0
  return isValidNsid(nsid) ? FEATURE_NOT_OF_NAMESPACE : INVALID_NAMESPACE
}

/** A sensor that is not there, and a lower threshold, are accepted and forgotten. */
function keep(controller: NvmeController, id: number, nsid: number, cdw11: number): void {
  const forgotten = sensorOf(cdw11) !== 0 || thresholdOf(cdw11) !== 0
  if (id === FEATURE.temperatureThreshold && forgotten) return
  const value = id === FEATURE.volatileWriteCache ? cdw11 & 1 : cdw11
  controller.features = new Map(controller.features).set(featureKey(id, nsid), value)
}
