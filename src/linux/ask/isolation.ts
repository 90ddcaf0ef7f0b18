/**
 * What the kernel was told that makes an IOMMU group promise more than it keeps.
 * Source: Linux Documentation/driver-api/vfio.rst; drivers/vfio/vfio_main.c (enable_unsafe_noiommu_mode),
 * drivers/vfio/vfio_iommu_type1.c (allow_unsafe_interrupts); pcie_acs_override is a patch outside of it.
 */
import type { IsolationWeakness } from '../../host/query.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { ifPresent, readText } from '../small-files.ts'

const NO_IOMMU = '/sys/module/vfio/parameters/enable_unsafe_noiommu_mode'
const INTERRUPTS = '/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts'

export async function readIsolation(kernel: Kernel): Promise<readonly IsolationWeakness[]> {
  const words = (await readText(kernel.call, '/proc/cmdline')).split(/\s+/)
  return [
    ...(words.some((word) => word.startsWith('pcie_acs_override=')) ? [ACS] : []),
    ...((await isOn(kernel, NO_IOMMU)) ? ['no-iommu-mode' as const] : []),
    ...((await isOn(kernel, INTERRUPTS)) ? ['unsafe-interrupts' as const] : []),
  ]
}

const ACS = 'acs-override' as const

/** A module that is not loaded, or built without it, has none. */
async function isOn(kernel: Kernel, parameter: string): Promise<boolean> {
  return (await ifPresent(readText(kernel.call, parameter))) === 'Y'
}
