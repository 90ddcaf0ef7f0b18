/**
 * Takes a VFIO group as a virtual machine monitor would, up to the device's descriptor, and holds it until its standard
 * input or the process ends: what the kernel then waits for is the device, not the group. Prints `held` when it has it.
 * Source: Linux Documentation/driver-api/vfio.rst, "VFIO Usage Example".
 *
 *   node hold-vfio.js FOLDER-OF-NODE-MODULES GROUP PCI-ADDRESS
 */
import { openSync } from 'node:fs'
import { createRequire } from 'node:module'

/** _IO(';', 100 + n). Source: Linux include/uapi/linux/vfio.h. */
const VFIO_SET_IOMMU = 0x3b66
const VFIO_GROUP_SET_CONTAINER = 0x3b68
const VFIO_GROUP_GET_DEVICE_FD = 0x3b6a
const VFIO_TYPE1V2_IOMMU = 3

type Koffi = {
  readonly load: (library: string) => {
    readonly func: (declaration: string) => (...values: unknown[]) => number
  }
  readonly errno: () => number
}

const [, , modules = '', group = '', address = ''] = process.argv
const koffi = createRequire(`${modules}/x.js`)('koffi') as Koffi
const libc = koffi.load('libc.so.6')
const ioctlNumber = libc.func('int ioctl(int fd, unsigned long request, uint64_t value)')
const ioctlPointer = libc.func(
  'int ioctl(int fd, unsigned long request, const void *value)'
)

const container = openSync('/dev/vfio/vfio', 'r+')
const groupFd = openSync(`/dev/vfio/${group}`, 'r+')
const containerFd = Buffer.alloc(4)
containerFd.writeInt32LE(container)
must('join the container', ioctlPointer(groupFd, VFIO_GROUP_SET_CONTAINER, containerFd))
must('set the IOMMU', ioctlNumber(container, VFIO_SET_IOMMU, VFIO_TYPE1V2_IOMMU))
must(
  'open the device',
  ioctlPointer(groupFd, VFIO_GROUP_GET_DEVICE_FD, Buffer.from(`${address}\0`))
)
console.log('held')
setInterval(() => {}, 1 << 30)

function must(what: string, answer: number): void {
  if (answer < 0) throw new Error(`cannot ${what}: errno ${koffi.errno()}`)
}
