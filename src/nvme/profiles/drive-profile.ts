/**
 * How *we treat* a drive: what provisioning must do for it, and which answers mean what. One careful default serves the
 * drives we know; a row of its own says where a model is known to need or to answer something else.
 */
import { STATUS, statusCode } from '../status.ts'

export type DriveProfile = {
  readonly name: string
  /** A Function Level Reset between assigning resources and bringing online, so that MSI-X is sized anew. */
  readonly resetBeforeOnline: boolean
  /** Statuses by which online says that VFs are to be enabled first. */
  readonly enableVfsFirst: readonly number[]
}

/** What tells a model: PCI ids as sysfs has them. */
export type DriveModel = { readonly vendor: string; readonly device: string }

/**
 * Source: NVMe Base 2.1, "Virtualization Enhancements" (its order: offline, assign, reset of the secondary, online);
 * QEMU docs/system/devices/nvme.rst, which it serves unchanged.
 */
export const DEFAULT_PROFILE: DriveProfile = {
  name: 'NVMe',
  resetBeforeOnline: true,
  enableVfsFirst: [
    STATUS.invalidSecondaryControllerState,
    STATUS.invalidControllerIdentifier,
  ],
}

/** Needs no reset, since its online resets the function itself (hw/nvme/ctrl.c, nvme_virt_set_state); one does no harm. */
const QEMU: DriveProfile = { ...DEFAULT_PROFILE, name: 'QEMU NVMe Ctrl' }

/**
 * Answers Invalid Controller Identifier where QEMU answers Invalid Secondary Controller State, and needs the reset.
 * Source: github.com/linux-nvme/nvme-cli issue 1126; linux-nvme list, "PM1733", May 2020.
 */
const PM1733: DriveProfile = {
  name: 'Samsung PM1733',
  resetBeforeOnline: true,
  enableVfsFirst: [STATUS.invalidControllerIdentifier],
}

const BY_MODEL: Readonly<Record<string, DriveProfile>> = {
  '1b36:0010': QEMU,
  '144d:a824': PM1733,
}

/** @param model ids with or without `0x` */
export function profileOf(model: DriveModel): DriveProfile {
  const plain = (id: string) => id.toLowerCase().replace(/^0x/, '')
  return BY_MODEL[`${plain(model.vendor)}:${plain(model.device)}`] ?? DEFAULT_PROFILE
}

/** Whether an answer to online means that the VFs are not enabled yet. */
export function meansEnableVfsFirst(profile: DriveProfile, status: number): boolean {
  return profile.enableVfsFirst.includes(statusCode(status))
}
