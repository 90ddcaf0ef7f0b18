/** A namespace's wwid attribute. Source: Linux drivers/nvme/host/sysfs.c, wwid_show. */
import type { NvmeNamespace, NvmeSubsystem } from '../devices/subsystem.ts'

export function wwid(drive: NvmeSubsystem, namespace: NvmeNamespace): string {
  if (namespace.nguid) return `eui.${namespace.nguid}`
  if (namespace.eui64) return `eui.${namespace.eui64}`
  const vendor = drive.vendor.toString(16).padStart(4, '0')
  const nsid = namespace.nsid.toString(16).padStart(8, '0')
  return `nvme.${vendor}-${hexOf(drive.serial)}-${hexOf(drive.model)}-${nsid}`
}

/** Padding does not count. */
function hexOf(text: string): string {
  return Buffer.from(text.trimEnd(), 'latin1').toString('hex')
}
