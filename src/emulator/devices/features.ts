/**
 * Get Features (0Ah). The order of the checks and the values are QEMU's (hw/nvme/ctrl.c, nvme_get_feature,
 * nvme_feature_cap), with what Linux sets when it starts a controller
 * (drivers/nvme/host/core.c, nvme_enable_aen, nvme_configure_host_options). Compared: Number of Queues; the rest from
 * documents. A set Timestamp is not kept: what is got is the time since power-on. Interrupt Coalescing is the described
 * load's, by which its interrupts are counted.
 */
import type { AdminCommand } from '../../kernel/call.ts'
import { BROADCAST, isValidNsid } from './namespace-ids.ts'
import { failed, INVALID_FIELD, INVALID_NAMESPACE, succeeded } from './status.ts'
import type { Completion } from './status.ts'
import { activeNamespaces, ioQueuePairs } from './subsystem.ts'
import type { NvmeController } from './subsystem.ts'

export const FEATURE = {
  temperatureThreshold: 0x04,
  volatileWriteCache: 0x06,
  numberOfQueues: 0x07,
  interruptCoalescing: 0x08,
  interruptVector: 0x09,
  timestamp: 0x0e,
  hostBehavior: 0x16,
  commandSetProfile: 0x19,
} as const

type Feature = {
  /** As Linux leaves it. */
  readonly value: number
  /** What Default and Saved give; default 0. */
  readonly factory?: number
  readonly changeable?: true
  readonly ofNamespace?: true
}

/** WCTEMP, and the threshold until another is set. */
export const WARNING_K = 0x157

/** Above it, SMART warns. */
export function overTemperatureK({ features }: NvmeController): number {
  return features?.get(featureKey(FEATURE.temperatureThreshold, 0)) ?? WARNING_K
}

/** What a controller keeps a set feature under. @param nsid 0 for one of the whole controller */
export function featureKey(id: number, nsid: number): number {
  return nsid * 256 + id
}

export const FEATURES: ReadonlyMap<number, Feature> = new Map([
  [0x01, { value: 0x7, factory: 0x7 }], // Arbitration: no limit
  [0x02, { value: 0 }], // Power Management
  [
    FEATURE.temperatureThreshold,
    { value: WARNING_K, factory: WARNING_K, changeable: true },
  ],
  [0x05, { value: 0, changeable: true, ofNamespace: true }], // Error Recovery
  [FEATURE.volatileWriteCache, { value: 1, changeable: true }],
  [FEATURE.numberOfQueues, { value: 0, changeable: true }],
  [FEATURE.interruptCoalescing, { value: 0 }],
  [FEATURE.interruptVector, { value: 0 }],
  [0x0a, { value: 0 }], // Write Atomicity Normal
  [0x0b, { value: 0x100, changeable: true }], // Asynchronous Event Configuration: namespace notices
  [FEATURE.timestamp, { value: 0, changeable: true }],
  [FEATURE.hostBehavior, { value: 0, changeable: true }],
  [FEATURE.commandSetProfile, { value: 0, changeable: true }],
])

const SELECT = { default: 1, saved: 2, capabilities: 3 } as const

export function getFeatures(
  controller: NvmeController,
  { nsid = 0, cdw10 = 0, cdw11 = 0 }: AdminCommand,
  poweredOnMs: number
): Completion {
  const id = cdw10 & 0xff
  const feature = FEATURES.get(id)
  if (!feature) return failed(INVALID_FIELD)
  const misfit = feature.ofNamespace ? namespaceMisfit(controller, nsid) : 0
  if (misfit !== 0) return failed(misfit)
  switch ((cdw10 >>> 8) & 7) {
    case SELECT.capabilities:
      return succeeded(undefined, capabilityOf(feature))
    case SELECT.default:
    case SELECT.saved: // nothing can be saved
      return interpreted(controller, id, feature.factory ?? 0, cdw11)
    default:
      return current(controller, { id, nsid, feature, cdw11, poweredOnMs })
  }
}

function capabilityOf({ changeable, ofNamespace }: Feature): number {
  return (changeable ? 0b100 : 0) | (ofNamespace ? 0b010 : 0)
}

type Asked = {
  readonly id: number
  readonly nsid: number
  readonly feature: Feature
  readonly cdw11: number
  readonly poweredOnMs: number
}

function current(controller: NvmeController, asked: Asked): Completion {
  const { id, feature, cdw11 } = asked
  const key = featureKey(id, feature.ofNamespace ? asked.nsid : 0)
  const value = controller.features?.get(key) ?? feature.value
  switch (id) {
    case FEATURE.timestamp:
      return succeeded(timestamp(asked.poweredOnMs))
    case FEATURE.hostBehavior:
      return succeeded(hostBehavior())
    case FEATURE.interruptCoalescing:
      return succeeded(undefined, controller.policy.interruptCoalescing ?? value)
    case FEATURE.volatileWriteCache:
      return succeeded(undefined, activeNamespaces(controller).length > 0 ? value : 0)
    default:
      return interpreted(controller, id, value, cdw11)
  }
}

/** What CDW11 asks about the value. */
function interpreted(
  controller: NvmeController,
  id: number,
  value: number,
  cdw11: number
): Completion {
  switch (id) {
    case FEATURE.numberOfQueues:
      return succeeded(undefined, grantedQueues(controller))
    case FEATURE.interruptVector:
      return interruptVector(controller, cdw11 & 0xffff)
    case FEATURE.temperatureThreshold:
      return temperatureThreshold(value, cdw11)
    default:
      return succeeded(undefined, value)
  }
}

/** Both halves 0's based, I/O queues only; always what is granted. */
function grantedQueues(controller: NvmeController): number {
  const zeroBased = Math.max(0, ioQueuePairs(controller) - 1)
  return zeroBased * 65536 + zeroBased
}

/** The admin queue's vector, 0, is never coalesced. */
function interruptVector(controller: NvmeController, vector: number): Completion {
  if (vector > ioQueuePairs(controller)) return failed(INVALID_FIELD)
  return succeeded(undefined, vector === 0 ? 1 << 16 : vector)
}

/** One sensor, the composite temperature; the lower threshold is 0. */
function temperatureThreshold(over: number, cdw11: number): Completion {
  if (sensorOf(cdw11) !== 0) return succeeded()
  if (thresholdOf(cdw11) > 1) return failed(INVALID_FIELD)
  return succeeded(undefined, thresholdOf(cdw11) === 0 ? over : 0)
}

/** TMPSEL. */
export function sensorOf(cdw11: number): number {
  return (cdw11 >>> 16) & 0xf
}

/** THSEL: 0 over, 1 under. */
export function thresholdOf(cdw11: number): number {
  return (cdw11 >>> 20) & 3
}

function timestamp(ms: number): Buffer {
  const data = Buffer.alloc(8)
  data.writeUIntLE(Math.floor(ms), 0, 6)
  return data
}

/** Linux asks for extended LBA formats. */
function hostBehavior(): Buffer {
  const data = Buffer.alloc(512)
  data[2] = 1
  return data
}

export function namespaceMisfit(controller: NvmeController, nsid: number): number {
  if (!isValidNsid(nsid) || nsid === BROADCAST) return INVALID_NAMESPACE
  const active = activeNamespaces(controller).some((namespace) => namespace.nsid === nsid)
  return active ? 0 : INVALID_FIELD
}
