/**
 * What a drive is like when it has power again: no VFs, every secondary offline, what was pending in force. Source: QEMU
 * hw/nvme/ctrl.c, nvme_pci_reset; hw/pci/pcie_sriov.c, pcie_sriov_pf_disable_vfs.
 */
import { disableVfs, functionLevelReset } from './devices/resets.ts'
import type { NvmeController } from './devices/subsystem.ts'

/** @param controller not a VF's: those go with their primary's */
export function losePower(controller: NvmeController): void {
  functionLevelReset(controller)
  if (controller.kind === 'primary') disableVfs(controller)
}
