/** /sys/bus/pci, /sys/kernel/iommu_groups and /sys/devices. Source: Linux drivers/base/bus.c; drivers/iommu/iommu.c. */
import type { EmulatedLinux, IommuGroup } from '../linux.ts'
import { bind, driversProbe, unbind } from '../pci/driver-files.ts'
import { DRIVERS } from '../pci/driver-match.ts'
import type { Driver } from '../pci/driver-match.ts'
import { newId, removeId } from '../pci/dynamic-ids.ts'
import { storeRescan } from '../pci/hot-plug.ts'
import type { PciFunction } from '../pci/pci-function.ts'
import {
  attribute,
  directory,
  entriesOf,
  folder,
  joined,
  link,
  thingsDirectory,
  writeOnly,
} from './node.ts'
import type { Directory, Entries } from './node.ts'
import { functionDirectory } from './pci-files.ts'

const DEVICES = '/sys/devices'

export function pciBus(linux: EmulatedLinux): Directory {
  return folder({
    devices: functionLinks(linux, isPresent),
    drivers: driverDirectories(linux),
    drivers_autoprobe: {
      kind: 'file',
      read: () => `${linux.busAutoprobe ? 1 : 0}\n`,
      write: (text) => {
        linux.busAutoprobe = !text.startsWith('0')
      },
    },
    drivers_probe: writeOnly((text) => driversProbe(linux, text)),
    rescan: writeOnly((text) => storeRescan(linux, DEVICES, text)),
  })
}

function functionLinks(
  linux: EmulatedLinux,
  listed: (fn: PciFunction) => boolean
): Directory {
  return thingsDirectory({
    all: () => [...linux.functions.values()].filter(listed),
    name: addressOf,
    node: (fn) => link(fn.sysfsPath),
    find: (address) => {
      const fn = linux.functions.get(address)
      return fn && listed(fn) ? fn : undefined
    },
  })
}

/** Those that are there are all in the map. */
function isPresent(): boolean {
  return true
}

function addressOf(fn: PciFunction): string {
  return fn.address
}

/** Other drivers of the machine are listed, and nothing of theirs can be bound. */
function driverDirectories(linux: EmulatedLinux): Directory {
  const own = entriesOf(
    DRIVERS,
    (name) => name,
    (name) => joined(folder(driverActions(linux, name)), boundTo(linux, name))
  )
  const present = () => [...linux.functions.values()].flatMap(({ driver }) => driver ?? [])
  const others = thingsDirectory({
    all: () => new Set(present()),
    name: (driver) => driver,
    node: (driver) => boundTo(linux, driver),
    find: (name) => present().find((driver) => driver === name),
  })
  return joined(folder(own), others)
}

function boundTo(linux: EmulatedLinux, driver: string): Directory {
  return functionLinks(linux, (fn) => fn.driver === driver)
}

function driverActions(linux: EmulatedLinux, driver: Driver): Entries {
  return {
    bind: writeOnly((text) => bind(linux, driver, text)),
    unbind: writeOnly((text, accepted) => unbind(linux, driver, text, accepted)),
    new_id: writeOnly((text) => newId(linux, driver, text)),
    remove_id: writeOnly((text) => removeId(linux, driver, text)),
  }
}

/** The directory exists without an IOMMU too, empty. */
export function iommuGroups(linux: EmulatedLinux): Directory {
  return thingsDirectory({
    all: () => linux.groups.values(),
    name: (group) => String(group.number),
    node: groupDirectory,
    find: (name) => linux.groups.get(Number(name)),
  })
}

function groupDirectory(group: IommuGroup): Directory {
  return folder({
    devices: directory(() =>
      entriesOf(group.members, addressOf, (fn) => link(fn.sysfsPath))
    ),
    type: attribute(() => 'DMA'),
    reserved_regions: attribute(() => '0x00000000fee00000 0x00000000feefffff msi'),
  })
}

/** /sys/devices/pci0000:00 and below: a function's directory lies in that of the bridge above it. */
export function pciRoots(linux: EmulatedLinux): Directory {
  const rootOf = ({ sysfsPath }: PciFunction) => sysfsPath.split('/', 4)[3] ?? ''
  return thingsDirectory({
    all: () => new Set(Array.from(linux.functions.values(), rootOf)),
    name: (root) => root,
    node: (root) => functionsBelow(linux, `/sys/devices/${root}`),
    find: (root) => {
      const start = `/sys/devices/${root}/`
      for (const { sysfsPath } of linux.functions.values())
        if (sysfsPath.startsWith(start)) return root
      return undefined
    },
  })
}

function functionsBelow(linux: EmulatedLinux, parent: string, own?: Directory): Directory {
  const isHere = ({ sysfsPath, address }: PciFunction) =>
    sysfsPath === `${parent}/${address}`
  const node = (fn: PciFunction) =>
    functionsBelow(linux, fn.sysfsPath, functionDirectory(linux, fn))
  const root = (name: string) => functionsBelow(linux, `${parent}/${name}`)
  return {
    kind: 'directory',
    entries: () => ({
      ...own?.entries(),
      ...entriesOf([...linux.functions.values()].filter(isHere), addressOf, node),
      ...entriesOf(rootsBelow(linux, parent), (name) => name, root),
    }),
    child: (name) => {
      const fn = linux.functions.get(name)
      if (fn && isHere(fn)) return node(fn)
      if (name.startsWith('pci') && rootsBelow(linux, parent).has(name)) return root(name)
      return own?.child(name)
    },
  }
}

/** Domains that begin behind a function: `pci10000:00` behind Intel's VMD. */
function rootsBelow(linux: EmulatedLinux, parent: string): ReadonlySet<string> {
  const prefix = `${parent}/pci`
  const below = [...linux.functions.values()].filter(({ sysfsPath }) =>
    sysfsPath.startsWith(prefix)
  )
  return new Set(
    below.map(({ sysfsPath }) => sysfsPath.slice(parent.length + 1).split('/', 1)[0] ?? '')
  )
}
