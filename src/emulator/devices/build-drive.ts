/** A drive from its description: its namespaces, and its controllers with the ids that they get. */
import type { ControllerDescription, SubsystemDescription } from '../fleet.ts'
import { coalescingFeature } from '../load/coalescing.ts'
import { confined } from './confined.ts'
import type { DevicePolicy } from './device-policy.ts'
import { policyOf } from './devices.ts'
import { newEntry, newPool } from './flexible-resources.ts'
import type { FlexiblePools } from './flexible-resources.ts'
import { newNamespace } from './new-namespace.ts'
import {
  addController,
  attachAtStart,
  secondaryController,
  UNTOUCHED,
} from './subsystem.ts'
import type { NvmeController, NvmeNamespace, NvmeSubsystem } from './subsystem.ts'

export type Drive = {
  readonly subsystem: NvmeSubsystem
  readonly controllers: readonly DriveController[]
}

export type DriveController = {
  readonly controller: NvmeController
  readonly description: ControllerDescription
  readonly ids: DriveIds
}

export type DriveIds = {
  readonly vendor: number
  readonly device: number
  readonly subsystemVendor: number
  readonly subsystemDevice: number
  readonly revision: number
}

export function buildDrive(description: SubsystemDescription): Drive {
  const subsystem = subsystemOf(description)
  const ids = idsOf(description)
  const taken = new Set<number>()
  const controllers = description.controllers.map((one) => ({
    controller: controllerOf(subsystem, one, ids.subsystemVendor, {
      policy: policyFor(description, one),
      taken,
    }),
    description: one,
    ids,
  }))
  for (const { controller } of controllers) deliver(controller)
  return { subsystem, controllers }
}

function subsystemOf(description: SubsystemDescription): NvmeSubsystem {
  const { nqn, serial, model, firmware, vendor, controllers } = description
  const namespaces = description.namespaces.map(namespaceOf)
  const allocated = namespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return {
    nqn,
    serial,
    model,
    firmware,
    vendor,
    multiController:
      description.multiController ??
      (controllers.length > 1 ||
        controllers.some(
          ({ sriov, device }) => sriov || policyOf(device).identity.alwaysMultiController
        )),
    controllers: new Map(),
    namespaces: new Map(namespaces.map((one) => [one.nsid, one])),
    capacityBytes: description.capacityBytes ?? allocated,
    namespacesMade: 0,
    sanitize: undefined,
  }
}

/** As it leaves the factory: with its VFs' controllers, where those exist without their VFs. */
function deliver(controller: NvmeController): void {
  const { policy } = controller
  addController(controller)
  if (policy.attachment.atStart === 'at-delivery') attachAtStart(controller)
  if (controller.kind === 'primary' && policy.secondaries.exist === 'always')
    for (const entry of controller.secondaries)
      addController(secondaryController(controller, entry))
}

const QEMU_VENDOR = 0x1b36

function idsOf(description: SubsystemDescription): DriveIds {
  const { vendor, device, subsystemVendor, subsystemDevice, revision } = description
  const qemu = vendor === QEMU_VENDOR
  return {
    vendor,
    device,
    subsystemVendor: subsystemVendor ?? (qemu ? 0x1af4 : vendor),
    subsystemDevice: subsystemDevice ?? (qemu ? 0x1100 : device),
    revision: revision ?? (qemu ? 2 : 0),
  }
}

function namespaceOf(
  description: SubsystemDescription['namespaces'][number]
): NvmeNamespace {
  const { nsid, sizeBytes, blockBytes, metadataBytes, shared } = description
  const { attached, attachedTo, nguid, eui64, uuid } = description
  const startsAttachedTo = attached ? (attachedTo ?? 'every-controller') : []
  return newNamespace({
    nsid,
    sizeBytes,
    blockBytes,
    metadataBytes: metadataBytes ?? 0,
    shared,
    startsAttachedTo,
    nguid,
    eui64,
    uuid,
  })
}

/** Its device's, with formats of its own, and the coalescing that its load is counted by. */
function policyFor(
  { lbaFormats }: SubsystemDescription,
  { device, load, sriov }: ControllerDescription
): DevicePolicy {
  const ofItsKind = policyOf(device)
  const policy = sriov?.tenantSafe === true ? confined(ofItsKind) : ofItsKind
  const coalescing = load && coalescingFeature(load)
  return {
    ...policy,
    ...(lbaFormats && { erasing: { ...policy.erasing, lbaFormats } }),
    ...(coalescing !== undefined && { interruptCoalescing: coalescing }),
  }
}

/** As QEMU gives ids: the lowest free to the controller, the next ones to its VFs. Source: QEMU nvme_subsys_reserve_cntlids. */
function controllerOf(
  subsystem: NvmeSubsystem,
  description: ControllerDescription,
  subsystemVendor: number,
  { policy, taken }: { readonly policy: DevicePolicy; readonly taken: Set<number> }
): NvmeController {
  const { ioQueues, sriov } = description
  const cntlid = description.cntlid ?? nextId(taken, 0)
  taken.add(cntlid)
  const base = { subsystem, policy, cntlid, subsystemVendor, ...UNTOUCHED }
  if (!sriov) return { ...base, kind: 'plain', ioQueuePairs: ioQueues }
  let lowest = 1
  const secondaries = Array.from({ length: sriov.totalVfs }, (_, index) => {
    const id = sriov.secondaryCntlids?.[index] ?? (lowest = nextId(taken, lowest))
    taken.add(id)
    return newEntry(id, index + 1)
  })
  const pools = poolsOf(sriov, policy)
  return { ...base, kind: 'primary', pools, secondaries, enabledVfs: 0 }
}

function nextId(taken: ReadonlySet<number>, first: number): number {
  let id = first
  while (taken.has(id)) id++
  return id
}

function poolsOf(
  sriov: NonNullable<ControllerDescription['sriov']>,
  { secondaries: { primaryHas } }: DevicePolicy
): FlexiblePools {
  const vq = {
    total: sriov.vqFlexible,
    private: sriov.vqPrivate,
    maxPerSecondary: sriov.maxVqPerVf,
    granularity: sriov.vqGranularity ?? 1,
  }
  const vi = {
    total: sriov.viFlexible,
    private: sriov.viPrivate,
    maxPerSecondary: sriov.maxViPerVf,
    granularity: sriov.viGranularity ?? 1,
  }
  return {
    vq: newPool(vq, sriov.vqPrimary ?? primaryHas),
    vi: newPool(vi, sriov.viPrimary ?? primaryHas),
  }
}
