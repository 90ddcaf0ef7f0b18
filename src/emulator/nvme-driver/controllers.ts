/**
 * nvme takes and leaves PCI functions. Source: Linux drivers/nvme/host/pci.c (nvme_probe, nvme_reset_work, nvme_remove,
 * nvme_setup_io_queues); core.c (nvme_init_ctrl, nvme_init_subsystem, nvme_free_ctrl).
 */
import { controllerReset } from '../devices/resets.ts'
import { enabledByDriver, interruptVectors, ioQueuePairs } from '../devices/subsystem.ts'
import type { NvmeController, NvmeSubsystem } from '../devices/subsystem.ts'
import type { EmulatedLinux } from '../linux.ts'
import { answersOnBus } from '../pci/pci-function.ts'
import type { PciFunction } from '../pci/pci-function.ts'
import { allocateIrqs } from '../pci/interrupts.ts'
import { emitController } from '../uevents.ts'
import { removeDisks } from './disks.ts'
import { controllerPath } from './host-controller.ts'
import type { HostController, HostSubsystem } from './host-controller.ts'
import { lowestFree } from './lowest-free.ts'

/** Completions that bringing a controller up takes on its admin queue, about as a lab counted. */
const SETUP_COMMANDS = 27

/**
 * nvme has the function: nvmeX appears, and its queues are still to be set up, for which the controller is disabled first
 * (nvme_pci_configure_admin_queue); `noticeDrives` comes next.
 */
export function connectController(linux: EmulatedLinux, fn: PciFunction): HostController {
  if (!fn.controller) throw new Error(`${fn.address} has no NVMe controller behind it`)
  if (fn.controller.enabled) disableController(fn)
  const instance = freeInstance(linux)
  const subsystem = subsystemOf(linux, fn.controller.subsystem, instance)
  const controller: HostController = {
    instance,
    fn,
    subsystem,
    state: 'connecting',
    identified: false,
    queueCount: 1,
    irqs: [],
    admin: 0,
    downSinceMs: undefined,
    unanswered: new Set(),
    meter: linux.loadMeter(fn, 0),
  }
  linux.controllers.set(instance, controller)
  subsystem.controllers.add(controller)
  emitController(linux, 'add', controllerPath(controller))
  return controller
}

/** The queues that the controller now grants; its disks come by a scan. What was counted before belongs to the drive. */
export function makeLive(linux: EmulatedLinux, controller: HostController): void {
  const { fn } = controller
  if (!fn.controller) throw new Error(`${fn.address} has no NVMe controller behind it`)
  enabledByDriver(fn.controller)
  const ioQueues = ioQueuesOf(linux, fn.controller)
  if (controller.queueCount !== ioQueues + 1) {
    linux.tracefs.catchUp(linux)
    controller.meter.setNamespaces([], linux.uptimeMs())
    controller.meter = linux.loadMeter(fn, ioQueues)
    controller.queueCount = ioQueues + 1
    controller.irqs = []
    const vectors = Math.min(interruptVectors(fn.controller), ioQueues + 1)
    controller.irqs = allocateIrqs(linux, vectors)
  }
  controller.admin += SETUP_COMMANDS
  controller.identified = true
  controller.state = 'live'
}

/**
 * Lets go of the function: the disks vanish; `noticeDrives` comes next. The controller is shut down (CC.SHN) and stays
 * enabled, so that it is not reset: nvme_disable_admin_queue, from 6.2 on nvme_disable_ctrl.
 */
export function stopController(linux: EmulatedLinux, fn: PciFunction): void {
  const controller = controllerOf(linux, fn)
  if (!controller) return
  linux.tracefs.catchUp(linux)
  controller.state = 'deleting'
  cancelCommands(controller)
  removeDisks(linux, controller)
  linux.controllers.delete(controller.instance)
  const { subsystem } = controller
  subsystem.controllers.delete(controller)
  if (subsystem.controllers.size === 0) linux.subsystems.delete(subsystem.instance)
  emitController(linux, 'remove', controllerPath(controller))
}

/** Source: Linux drivers/nvme/host/core.c, nvme_cancel_request. */
export function cancelCommands({ unanswered }: HostController): void {
  for (const cancel of unanswered) cancel()
  unanswered.clear()
}

/** CC.EN cleared. */
export function disableController(fn: PciFunction): void {
  if (fn.controller && answersOnBus(fn)) controllerReset(fn.controller)
}

/** nvme still has it: what was begun may go on. */
export function isDriven(linux: EmulatedLinux, controller: HostController): boolean {
  return linux.controllers.get(controller.instance) === controller
}

export function controllerOf(
  linux: EmulatedLinux,
  fn: PciFunction
): HostController | undefined {
  return [...linux.controllers.values()].find((controller) => controller.fn === fn)
}

/** One I/O queue per CPU, as far as queues and vectors go; one vector is shared with the admin queue. */
export function ioQueuesOf(linux: EmulatedLinux, controller: NvmeController): number {
  const vectors = interruptVectors(controller)
  const byVectors = vectors === 1 ? 1 : vectors - 1
  return Math.min(linux.facts.cpus, ioQueuePairs(controller), byVectors)
}

/** Subsystems keep the number of the controller that was there first, so those are taken as well. */
function freeInstance(linux: EmulatedLinux): number {
  return lowestFree([...linux.controllers.keys(), ...linux.subsystems.keys()], 0)
}

function subsystemOf(
  linux: EmulatedLinux,
  drive: NvmeSubsystem,
  instance: number
): HostSubsystem {
  const known = [...linux.subsystems.values()].find((one) => one.drive === drive)
  if (known) return known
  const added: HostSubsystem = { instance, drive, controllers: new Set(), heads: new Map() }
  linux.subsystems.set(instance, added)
  return added
}
