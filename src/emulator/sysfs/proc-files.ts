/** The parts of /proc and /etc that are asked for. Source: Linux fs/proc_namespace.c, show_mountinfo. */
import { deviceNumberOf, sizeBytesOf } from '../block-devices.ts'
import type { EmulatedLinux, Mount } from '../linux.ts'
import { interruptsText } from '../pci/interrupts.ts'
import { attribute, folder, text } from './node.ts'
import type { Directory, File } from './node.ts'

export function procDirectory(linux: EmulatedLinux): Directory {
  const { facts } = linux
  return folder({
    interrupts: text(() => interruptsText(linux)),
    cmdline: attribute(() => facts.kernelParameters.join(' ')),
    swaps: text(() => swapsText(linux)),
    self: folder({ mountinfo: mountInfo(linux) }),
    '1': folder({ mountinfo: mountInfo(linux) }),
    sys: folder({
      kernel: folder({
        hostname: attribute(() => facts.hostname),
        osrelease: attribute(() => facts.kernelRelease),
        random: folder({ boot_id: attribute(() => facts.bootId) }),
      }),
    }),
  })
}

export function etcDirectory({ facts }: EmulatedLinux): Directory {
  return folder({
    hostname: attribute(() => facts.hostname),
    'machine-id': attribute(() => facts.machineId),
  })
}

/** Source: Linux mm/swapfile.c, swap_show: sizes in KiB, less the header's page. */
function swapsText({ swaps }: EmulatedLinux): string {
  const lines = swaps.map((disk, i) => {
    const kib = sizeBytesOf(disk) / 1024 - 4
    return `/dev/${disk.name}`.padEnd(40) + `partition\t${kib}\t\t0\t\t${-2 - i}\n`
  })
  return ['Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n', ...lines].join('')
}

const ROOT_MOUNT = 22
/** On a disk that nobody describes. */
const ROOT = `${ROOT_MOUNT} 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro`
const SYSTEM_MOUNTS = [
  `23 ${ROOT_MOUNT} 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw`,
  `24 ${ROOT_MOUNT} 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw`,
  `25 ${ROOT_MOUNT} 0:5 / /dev rw,nosuid,relatime shared:2 - devtmpfs udev rw,mode=755`,
]

function mountInfo(linux: EmulatedLinux): File {
  return text(() => {
    const root = linux.mounts.find(({ mountPoint }) => mountPoint === '/')
    const others = linux.mounts.filter((mount) => mount !== root)
    const first = root ? mountLine({ ...root, id: ROOT_MOUNT }, 1) : ROOT
    const lines = others.map((mount) => mountLine(mount, ROOT_MOUNT))
    return [first, ...SYSTEM_MOUNTS, ...lines, ''].join('\n')
  })
}

function mountLine({ id, disk, mountPoint }: Mount, parent: number): string {
  return (
    `${id} ${parent} ${deviceNumberOf(disk)} / ${mangled(mountPoint)} rw,relatime ` +
    `shared:${id} - ext4 /dev/${disk.name} rw`
  )
}

/** Space, tab, newline and backslash as octal. */
function mangled(path: string): string {
  return path.replace(
    /[ \t\n\\]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`
  )
}
