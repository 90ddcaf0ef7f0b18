/**
 * Which calls may run on the event loop: those that the lab showed to answer at once while `sriov_numvfs=0` waited for
 * a VFIO holder in the same device. Everything else goes through a lane. Reading driver_override, uevent, sriov_numvfs or
 * sriov_vf_total_msix takes the device lock (Linux drivers/pci/pci-sysfs.c, drivers/base/core.c, drivers/pci/iov.c) and
 * hangs with it; the other sriov_* attributes and reset_method only print what the kernel remembers (drivers/pci/pci.c).
 *
 * On Linux 6.1, of 428 attributes, links and folders of the PF, its VFs, another controller, their drivers, groups, block
 * devices and debugfs queues, six hung: driver_override and uevent of the PF and of the held VF, and the PF's
 * sriov_numvfs and sriov_vf_total_msix. The rest of the list is caution.
 *
 * `holders` meets descriptors of every file system: it reads links, and of device nodes what the kernel remembers
 * (device-number.ts).
 */
import type { KernelCall } from './call.ts'

const MAY_BLOCK =
  /\/(driver_override|uevent|sriov_numvfs|sriov_vf_[a-z_]+|reset|rescan|remove|power_state|config)$/

/** Its folders are locked while something in them is removed (Linux fs/configfs/dir.c). */
const CONFIGFS = '/sys/kernel/config/'

export function neverBlocks(call: KernelCall): boolean {
  switch (call.call) {
    case 'read':
    case 'readBytes':
      return !MAY_BLOCK.test(call.path) && !call.path.startsWith(CONFIGFS)
    case 'readDir':
      return !call.path.startsWith(CONFIGFS)
    case 'readLink':
    case 'exists':
    case 'holders':
      return true
    case 'write':
    case 'admin':
    case 'openExclusive':
    case 'holdDisk':
    case 'letGoDisk':
    case 'readBlocks':
    case 'writeBlocks':
    case 'writeZeroes':
    case 'vfioGroupStatus':
      return false
  }
}
