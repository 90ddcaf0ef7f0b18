/**
 * What the host sees of changes inside a drive. Attached and detached namespaces come by asynchronous event, and the
 * disks follow. A controller that was taken offline is noticed only when I/O on it times out: until then nvme says live
 * (a lab saw 30 s, then "Removing after probe failure status: -19").
 */
import { activeNamespaces } from '../devices/subsystem.ts'
import type { EmulatedLinux } from '../linux.ts'
import { kernelIsAtLeast } from '../linux.ts'
import { respondsTo } from '../pci/pci-function.ts'
import { unbound } from '../pci/unbound.ts'
import { emitController } from '../uevents.ts'
import { cancelCommands, isDriven, makeLive, stopController } from './controllers.ts'
import { disksFollow, rescanNamespaces } from './disks.ts'
import { controllerPath } from './host-controller.ts'
import type { HostController } from './host-controller.ts'

/** After a command or a reset: disks and loads follow the drives. */
export function noticeDrives(linux: EmulatedLinux): void {
  for (const controller of linux.controllers.values())
    if (controller.state === 'live') noticeDrive(linux, controller)
  for (const hold of linux.holds.values())
    for (const { fn, meter } of hold.guests)
      meter.setNamespaces(
        respondsTo(fn) ? activeNamespaces(fn.controller) : [],
        linux.uptimeMs()
      )
}

function noticeDrive(linux: EmulatedLinux, controller: HostController): void {
  if (controller.downSinceMs !== undefined) return
  if (respondsTo(controller.fn)) {
    if (!disksFollow(linux, controller)) rescanSoon(linux, controller)
    return
  }
  const since = linux.uptimeMs()
  controller.downSinceMs = since
  controller.meter.setNamespaces([], since)
  // Without I/O nothing times out.
  if (controller.meter.hasLoad)
    linux.time.later(linux.timing.ioTimeoutMs, () => {
      if (controller.downSinceMs === since) timedOut(linux, controller)
    })
}

/** Resolves when the driver cancels a command to a drive that does not answer, after its timeout at the latest. */
export function cancelled(linux: EmulatedLinux, controller: HostController): Promise<void> {
  return new Promise((resolve) => {
    controller.unanswered.add(resolve)
    linux.time.later(linux.timing.adminTimeoutMs, () => {
      if (controller.unanswered.has(resolve)) timedOut(linux, controller)
    })
  })
}

/** An I/O or a command was not answered in time: nvme resets the controller (nvme_timeout). */
export function timedOut(linux: EmulatedLinux, controller: HostController): void {
  if (controller.state === 'live') comeBack(linux, controller)
}

/** The end of a probe and of a reset: live, or given up. */
export function comeBack(linux: EmulatedLinux, controller: HostController): void {
  if (!isDriven(linux, controller)) return
  controller.downSinceMs = undefined
  cancelCommands(controller)
  if (!respondsTo(controller.fn)) {
    giveUp(linux, controller)
    return
  }
  makeLive(linux, controller)
  emitController(linux, 'change', controllerPath(controller), CONNECTED)
  rescanSoon(linux, controller)
}

/** Source: Linux drivers/nvme/host/core.c, nvme_start_ctrl. */
const CONNECTED = { NVME_EVENT: 'connected' }

/**
 * "Removing after probe failure status: -19": the driver takes itself off the function. Since nvme probes at once, it
 * stays there after a reset that failed, with a dead controller and disks of no size.
 */
function giveUp(linux: EmulatedLinux, controller: HostController): void {
  const { fn } = controller
  if (controller.state !== 'connecting' && kernelIsAtLeast(linux, 6, 3)) {
    controller.state = 'dead'
    controller.meter.setNamespaces([], linux.uptimeMs())
    return
  }
  stopController(linux, fn)
  noticeDrives(linux)
  if (fn.driver !== undefined) unbound(linux, fn)
}

/** nvme_scan_work. */
export function rescanSoon(linux: EmulatedLinux, controller: HostController): void {
  linux.time.later(linux.timing.scanMs, () => {
    const scans = isDriven(linux, controller) && controller.state === 'live'
    if (scans && respondsTo(controller.fn)) rescanNamespaces(linux, controller)
  })
}
