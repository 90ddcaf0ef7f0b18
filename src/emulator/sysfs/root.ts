/** The whole tree of one emulated machine: /sys, /proc, /etc and /dev as far as nvirt looks. */
import { sataDiskNamed, sataDiskPath, sataDisks } from '../ahci/ahci-controller.ts'
import type { SataDisk } from '../ahci/ahci-controller.ts'
import { sataDebugDirectory } from '../ahci/sata-disk-files.ts'
import type { EmulatedLinux, IommuGroup } from '../linux.ts'
import {
  controllerName,
  controllerPath,
  isFound,
  subsystemPath,
} from '../nvme-driver/host-controller.ts'
import type { Disk, HostController, HostSubsystem } from '../nvme-driver/host-controller.ts'
import { tracingDirectory } from '../trace/trace-files.ts'
import { hasVfioNode } from '../pci/iommu-groups.ts'
import { cpuRange } from '../pci/pci-text.ts'
import { iommuGroups, pciBus, pciRoots } from './bus-files.ts'
import { debugDirectory } from './debugfs-files.ts'
import { diskLink } from './disk-files.ts'
import { iommuClass, kvmModules } from './kvm-files.ts'
import {
  attribute,
  directory,
  entriesOf,
  folder,
  joined,
  link,
  thingsDirectory,
} from './node.ts'
import type { Directory, Entries, File, Node } from './node.ts'
import { subsystemDirectory } from './nvme-files.ts'
import { etcDirectory, procDirectory } from './proc-files.ts'

export function machineRoot(linux: EmulatedLinux): Directory {
  return folder({
    sys: folder(sysEntries(linux)),
    proc: procDirectory(linux),
    etc: etcDirectory(linux),
    dev: deviceNodes(linux),
  })
}

function sysEntries(linux: EmulatedLinux): Entries {
  const multipath = attribute(() => (linux.facts.multipath ? 'Y' : 'N'))
  return {
    bus: folder({ pci: pciBus(linux) }),
    devices: devices(linux),
    class: folder(classEntries(linux)),
    block: diskLinks(linux),
    kernel: folder({
      iommu_groups: iommuGroups(linux),
      debug: folder({ block: debugDirectories(linux) }),
      tracing: tracingDirectory(linux),
    }),
    module: folder({
      nvme_core: folder({ parameters: folder({ multipath }) }),
      ...vfioModules(linux),
      ...kvmModules(linux),
    }),
  }
}

/** As the kernel's command line sets them. Source: Linux kernel/params.c, param_get_bool; drivers/vfio. */
function vfioModules({ facts }: EmulatedLinux): Entries {
  const isSet = (parameter: string) =>
    ['', '=1', '=y', '=Y'].some((to) => facts.kernelParameters.includes(parameter + to))
  const shown = (parameter: string) => attribute(() => (isSet(parameter) ? 'Y' : 'N'))
  const noIommu = shown('vfio.enable_unsafe_noiommu_mode')
  const interrupts = shown('vfio_iommu_type1.allow_unsafe_interrupts')
  return {
    vfio: folder({ parameters: folder({ enable_unsafe_noiommu_mode: noIommu }) }),
    vfio_iommu_type1: folder({
      parameters: folder({ allow_unsafe_interrupts: interrupts }),
    }),
  }
}

function debugDirectories(linux: EmulatedLinux): Directory {
  const ofDrives = thingsDirectory({
    all: () => linux.disks.values(),
    name: diskName,
    node: (disk) => debugDirectory(linux, disk),
    find: (name) => linux.disks.get(name),
  })
  return joined(
    ofDrives,
    ofSataDisks(linux, (disk) => sataDebugDirectory(linux, disk))
  )
}

function ofSataDisks(linux: EmulatedLinux, node: (disk: SataDisk) => Node): Directory {
  return thingsDirectory({
    all: () => sataDisks(linux),
    name: (disk) => disk.name,
    node,
    find: (name) => sataDiskNamed(linux, name),
  })
}

function diskName(disk: Disk): string {
  return disk.name
}

function devices(linux: EmulatedLinux): Directory {
  const cpus = attribute(() => cpuRange(linux.facts.cpus))
  const fixed = folder({
    system: folder({ cpu: folder({ online: cpus, possible: cpus, present: cpus }) }),
    virtual: folder({
      'nvme-subsystem': subsystems(linux, (one) => subsystemDirectory(linux, one)),
    }),
  })
  return joined(fixed, pciRoots(linux))
}

function classEntries(linux: EmulatedLinux): Entries {
  return {
    nvme: thingsDirectory({
      all: () => linux.controllers.values(),
      name: controllerName,
      node: (one) => link(controllerPath(one)),
      find: (name) => controllerNamed(linux, name),
    }),
    'nvme-subsystem': subsystems(linux, (one) => link(subsystemPath(one))),
    block: diskLinks(linux),
    ...iommuClass(linux),
  }
}

function controllerNamed(linux: EmulatedLinux, name: string): HostController | undefined {
  return linux.controllers.get(Number(name.replace('nvme', '')))
}

const SUBSYSTEM = 'nvme-subsys'

function subsystems(linux: EmulatedLinux, node: (one: HostSubsystem) => Node): Directory {
  return thingsDirectory({
    all: () => [...linux.subsystems.values()].filter(isFound),
    name: (one) => `${SUBSYSTEM}${one.instance}`,
    node,
    find: (name) => {
      const one = linux.subsystems.get(Number(name.replace(SUBSYSTEM, '')))
      return one && isFound(one) ? one : undefined
    },
  })
}

/** Hidden path disks are listed in both places. */
function diskLinks(linux: EmulatedLinux): Directory {
  const ofDrives = thingsDirectory({
    all: () => linux.disks.values(),
    name: diskName,
    node: diskLink,
    find: (name) => linux.disks.get(name),
  })
  return joined(
    ofDrives,
    ofSataDisks(linux, (disk) => link(sataDiskPath(linux, disk)))
  )
}

/** A device node cannot be read here: what is done with one has a system call of its own. */
const DEVICE_NODE: File = { kind: 'file' }

function deviceNodes(linux: EmulatedLinux): Directory {
  const controllers = thingsDirectory({
    all: () => linux.controllers.values(),
    name: controllerName,
    node: () => DEVICE_NODE,
    find: (name) => controllerNamed(linux, name),
  })
  const disks = thingsDirectory({
    all: () => [...linux.disks.values()].filter(hasNode),
    name: diskName,
    node: () => DEVICE_NODE,
    find: (name) => [linux.disks.get(name)].find((disk) => disk && hasNode(disk)),
  })
  const sata = ofSataDisks(linux, () => DEVICE_NODE)
  const nodes = joined(controllers, joined(disks, sata))
  return joined(folder({ vfio: vfioNodes(linux) }), nodes)
}

function hasNode(disk: Disk): boolean {
  return disk.kind !== 'path'
}

function vfioNodes(linux: EmulatedLinux): Directory {
  const groups = () => [...linux.groups.values()].filter(hasVfioNode)
  return directory(() => ({
    vfio: DEVICE_NODE,
    ...entriesOf(groups(), groupName, () => DEVICE_NODE),
  }))
}

function groupName(group: IommuGroup): string {
  return String(group.number)
}
