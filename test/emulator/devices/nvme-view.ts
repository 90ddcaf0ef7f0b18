/** What `nvme/` makes of an emulated drive's pages. */
import { decodePrimaryCapabilities } from '../../../src/nvme/primary-capabilities.ts'
import { decodeSecondaryList } from '../../../src/nvme/secondary-list.ts'
import type { TestDrive } from './drive.ts'

export const DEVICES = ['qemu-7.2', 'qemu-10', 'specification', 'pm1733'] as const
export type SriovDevice = (typeof DEVICES)[number]

/** cntlid. */
export const PRIMARY = 0

export function capabilities(drive: TestDrive) {
  return decodePrimaryCapabilities(drive.identify(0x14))
}

export function secondaries(drive: TestDrive) {
  return decodeSecondaryList(drive.identify(0x15))
}
