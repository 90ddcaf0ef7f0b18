/**
 * What resets and VF Enable do to secondary controllers. Source: QEMU hw/nvme/ctrl.c, nvme_ctrl_reset and
 * nvme_sriov_pre_write_ctrl; hw/pci/pcie_sriov.c, register_vfs and unregister_vfs. Compared on both QEMUs; on hardware
 * from documents (NVMe Base 2.1, "Controller Level Reset").
 */
import { activate, takeOffline } from './flexible-resources.ts'
import { addController, removeController, secondaryController } from './subsystem.ts'
import type { NvmeController, NvmeSubsystem, PrimaryController } from './subsystem.ts'

/**
 * CC.EN cleared: by nvme's reset, and by nvme taking a function whose last driver left it set. Takes every secondary
 * down. nvme that lets go of a function sets CC.SHN, which resets nothing.
 */
export function controllerReset(controller: NvmeController): void {
  controller.enabled = false
  if (controller.kind === 'primary') controller.secondaries.forEach(takeOffline)
}

/**
 * Function Level Reset. A VF stays online and picks up its resources; a primary takes all secondaries down and puts its
 * own pending allocation in force. It loses its VFs as well, and Linux sets VF Enable again (sriov_restore_state in
 * drivers/pci/iov.c) – except with QEMU 7.2, where pcie_sriov_pf_disable_vfs leaves VF Enable set, so that Linux sees
 * nothing to restore and goes on listing VFs that are gone.
 */
export function functionLevelReset(controller: NvmeController): void {
  controller.enabled = false
  if (controller.kind === 'secondary') activate(controller.entry)
  if (controller.kind !== 'primary') return
  controllerReset(controller)
  if (controller.policy.secondaries.afterFunctionReset === 'lost') removeVfs(controller)
  for (const pool of Object.values(controller.pools)) pool.primary = pool.pendingPrimary
}

/**
 * NVM Subsystem Reset (register NSSR, as by NVME_IOCTL_SUBSYS_RESET): every controller is reset as by a Function Level
 * Reset. Source: NVMe Base 2.1, "NVM Subsystem Reset". From documents; QEMU has none (CAP.NSSRS is 0).
 *
 * @returns false: the drive has no such reset, and nothing happened (Linux: ENOTTY)
 */
export function nvmSubsystemReset(subsystem: NvmeSubsystem): boolean {
  const controllers = [...subsystem.controllers.values()]
  if (!controllers.every(({ policy }) => policy.secondaries.subsystemReset)) return false
  controllers.forEach(functionLevelReset)
  return true
}

/** VF Enable set, with NumVFs = count: their controllers appear, offline, with the default attachments. */
export function enableVfs(primary: PrimaryController, count: number): void {
  primary.enabledVfs = count
  for (const entry of primary.secondaries.slice(0, count)) {
    activate(entry)
    if (primary.policy.secondaries.exist === 'while-enabled')
      addController(secondaryController(primary, entry))
  }
}

/**
 * VF Enable cleared. Only the first NumVFs secondaries are taken offline: resources that were assigned beyond them
 * stay where they are. After an FLR of QEMU 7.2's primary NumVFs is 0.
 */
export function disableVfs(primary: PrimaryController): void {
  primary.secondaries.slice(0, primary.enabledVfs).forEach(takeOffline)
  removeVfs(primary)
}

function removeVfs(primary: PrimaryController): void {
  primary.enabledVfs = 0
  if (primary.policy.secondaries.exist === 'always') return
  const controllers = [...primary.subsystem.controllers.values()]
  controllers.filter((one) => isSecondaryOf(one, primary)).forEach(removeController)
}

function isSecondaryOf(controller: NvmeController, primary: PrimaryController): boolean {
  return controller.kind === 'secondary' && controller.primary === primary
}
