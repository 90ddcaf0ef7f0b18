/**
 * nvme resets a controller and sets it up again. Source: Linux drivers/nvme/host/core.c, nvme_reset_ctrl_sync; pci.c,
 * nvme_reset_work, nvme_reset_prepare, nvme_reset_done.
 */
import type { EmulatedLinux } from '../linux.ts'
import type { PciFunction } from '../pci/pci-function.ts'
import { Refused } from '../refused.ts'
import { controllerOf, disableController } from './controllers.ts'
import { comeBack, noticeDrives } from './drive-changes.ts'
import type { HostController } from './host-controller.ts'

/** reset_controller: nothing else may be going on. @param accepted called when the drive has been reset */
export async function resetController(
  linux: EmulatedLinux,
  controller: HostController,
  accepted: () => void
): Promise<void> {
  if (controller.state !== 'live') throw new Refused('EBUSY')
  controller.state = 'resetting'
  disableController(controller.fn)
  noticeDrives(linux)
  accepted()
  await linux.time.pause(linux.timing.controllerResetMs)
  comeBack(linux, controller)
  if (!isLive(controller)) throw new Refused('ENETRESET')
}

/** A bound nvme sees the reset of its function coming. */
export function beforeFunctionReset(linux: EmulatedLinux, fn: PciFunction): void {
  const controller = controllerOf(linux, fn)
  if (controller && isLive(controller)) controller.state = 'resetting'
}

export async function afterFunctionReset(
  linux: EmulatedLinux,
  fn: PciFunction
): Promise<void> {
  const controller = controllerOf(linux, fn)
  if (controller?.state !== 'resetting') return
  await linux.time.pause(linux.timing.controllerResetMs)
  comeBack(linux, controller)
}

function isLive({ state }: HostController): boolean {
  return state === 'live'
}
