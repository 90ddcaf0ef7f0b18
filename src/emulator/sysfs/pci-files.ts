/** A PCI function's directory. Source: Linux drivers/pci/pci-sysfs.c, iov.c; captured trees of 6.1 and 6.12. */
import { ahciControllerOf } from '../ahci/ahci-controller.ts'
import { ataPorts } from '../ahci/port-files.ts'
import type { EmulatedLinux } from '../linux.ts'
import { controllerName } from '../nvme-driver/host-controller.ts'
import { controllerOf } from '../nvme-driver/controllers.ts'
import { configSpace } from '../pci/config-space.ts'
import { holdOf } from '../pci/driver-binding.ts'
import { setOverride } from '../pci/driver-files.ts'
import { storeReset, storeResetMethod } from '../pci/function-reset.ts'
import { parentOf, storeRemove, storeRescan } from '../pci/hot-plug.ts'
import { functionIrqs } from '../pci/interrupts.ts'
import { parseBool, parseUnsigned } from '../pci/kernel-numbers.ts'
import { answersOnBus } from '../pci/pci-function.ts'
import type { PciFunction, Sriov } from '../pci/pci-function.ts'
import { Refused } from '../refused.ts'
import { cpuRange, hex, modalias, pciUeventProperties } from '../pci/pci-text.ts'
import { storeNumVfs } from '../pci/sriov.ts'
import { controllerDirectory } from './nvme-files.ts'
import {
  attribute,
  directory,
  entriesOf,
  folder,
  link,
  tableDirectory,
  writeOnly,
} from './node.ts'
import type { Directory, File, FileTable, Node, OtherEntries } from './node.ts'
import { ueventFile } from './uevent-file.ts'

type Here = { readonly linux: EmulatedLinux; readonly fn: PciFunction }

export function functionDirectory(linux: EmulatedLinux, fn: PciFunction): Directory {
  // No function has both.
  const others = linux.ahci.has(fn.address) ? ataPorts(linux, fn) : virtfnLinks(linux, fn)
  return tableDirectory(FILES, { linux, fn }, others)
}

const IDENTITY: FileTable<Here> = {
  class: ({ fn }) => attribute(() => `0x${hex(fn.ids.classCode, 6)}`),
  vendor: ({ fn }) => attribute(() => `0x${hex(fn.ids.vendor, 4)}`),
  device: ({ fn }) => attribute(() => `0x${hex(fn.ids.device, 4)}`),
  subsystem_vendor: ({ fn }) => attribute(() => `0x${hex(fn.ids.subsystemVendor, 4)}`),
  subsystem_device: ({ fn }) => attribute(() => `0x${hex(fn.ids.subsystemDevice, 4)}`),
  revision: ({ fn }) => attribute(() => `0x${hex(fn.ids.revision, 2)}`),
  modalias: ({ fn }) => attribute(() => modalias(fn)),
  config: ({ fn }) => ({ kind: 'file', read: () => configSpace(fn) }),
  uevent: ({ fn }) => ueventFile(() => pciUeventProperties(fn), fn),
}

const PLACEMENT: FileTable<Here> = {
  numa_node: ({ fn }) => attribute(() => fn.numaNode),
  local_cpulist: ({ linux }) => attribute(() => cpuRange(linux.facts.cpus)),
  local_cpus: ({ linux }) => attribute(() => cpuMask(linux.facts.cpus)),
  current_link_speed: ({ fn }) => attribute(() => fn.link.speed),
  current_link_width: ({ fn }) => attribute(() => fn.link.width),
  max_link_speed: ({ fn }) => attribute(() => fn.link.maxSpeed ?? fn.link.speed),
  max_link_width: ({ fn }) => attribute(() => fn.link.maxWidth ?? fn.link.width),
  ari_enabled: ({ fn }) => attribute(() => (fn.sriov || fn.vf ? 1 : 0)),
  power_state: (here) => attribute(() => powerState(here)),
  enable: (here) => attribute(() => (isEnabled(here) ? 1 : 0)),
  subsystem: () => link('/sys/bus/pci'),
}

function cpuMask(cpus: number): string {
  return (2n ** BigInt(cpus) - 1n).toString(16)
}

/** vfio-pci enables a function while somebody has it open (vfio_pci_core_enable). Compared. */
function isEnabled({ linux, fn }: Here): boolean {
  if (!fn.driver || !answersOnBus(fn)) return false
  return fn.driver !== 'vfio-pci' || holdOf(linux, fn) !== undefined
}

/** vfio-pci puts a function that nobody has open to sleep (disable_idle_d3=N). */
function powerState({ linux, fn }: Here): string {
  if (!fn.powerKnown) return 'unknown'
  return fn.driver === 'vfio-pci' && !holdOf(linux, fn) ? 'D3hot' : 'D0'
}

const BINDING: FileTable<Here> = {
  driver: ({ fn }) =>
    fn.driver === undefined ? undefined : link(`/sys/bus/pci/drivers/${fn.driver}`),
  driver_override: ({ linux, fn }) => ({
    kind: 'file',
    lock: fn,
    read: () => `${fn.override ?? '(null)'}\n`,
    write: (value) => setOverride(linux, fn, value),
  }),
  iommu_group: ({ fn }) =>
    fn.group === undefined ? undefined : link(`/sys/kernel/iommu_groups/${fn.group}`),
}

/** A function without a usable reset has neither file of it. Source: Linux drivers/pci/pci.c, pci_dev_reset_method_attrs. */
const RESETS: FileTable<Here> = {
  reset: ({ linux, fn }) =>
    fn.resets.length === 0
      ? undefined
      : writeOnly((value, accepted) => storeReset(linux, fn, value, accepted)),
  reset_method: ({ linux, fn }) =>
    fn.resets.length === 0
      ? undefined
      : {
          kind: 'file',
          read: () => fn.resetMethods.join(' ').replace(/.$/, '$&\n'),
          write: (value) => storeResetMethod(linux, fn, value),
        },
}

/** VFs have neither. Source: Linux drivers/pci/pci-sysfs.c, pci_dev_hp_attrs_are_visible. */
const HOT_PLUG: FileTable<Here> = {
  remove: ({ linux, fn }) =>
    fn.vf
      ? undefined
      : writeOnly((value, accepted) => storeRemove(linux, fn, value, accepted)),
  rescan: ({ linux, fn }) =>
    fn.vf ? undefined : writeOnly((value) => storeRescan(linux, parentOf(fn), value)),
}

const SRIOV: FileTable<Here> = {
  sriov_totalvfs: (here) => ofPf(here, ({ totalVfs }) => attribute(() => totalVfs)),
  sriov_numvfs: (here) => ofPf(here, (sriov) => numVfsFile(here, sriov)),
  sriov_offset: (here) => ofPf(here, ({ offset }) => attribute(() => offset)),
  sriov_stride: (here) => ofPf(here, ({ stride }) => attribute(() => stride)),
  sriov_vf_device: (here) =>
    ofPf(here, ({ vfDevice }) => attribute(() => hex(vfDevice, 1))),
  sriov_vf_total_msix: (here) =>
    ofPf(here, () => ({ kind: 'file', lock: here.fn, read: () => '0\n' })),
  sriov_drivers_autoprobe: (here) => ofPf(here, autoprobeFile),
  physfn: ({ fn }) => fn.vf && link(fn.vf.pf.sysfsPath),
  sriov_vf_msix_count: (here) => {
    const pf = here.fn.vf?.pf
    return pf && writeOnly((value) => storeMsixCount(here, pf, value))
  },
}

/** Looked at in this order; no PF driver here has the callback. Source: Linux drivers/pci/iov.c, sriov_vf_msix_count_store. */
async function storeMsixCount(
  { linux }: Here,
  pf: PciFunction,
  text: string
): Promise<void> {
  if (parseUnsigned(text) === undefined) throw new Refused('EINVAL')
  await linux.locks.hold(pf.address, async () => {
    throw new Refused('EOPNOTSUPP')
  })
}

function ofPf({ fn }: Here, file: (sriov: Sriov) => File): File | undefined {
  return fn.sriov && file(fn.sriov)
}

function numVfsFile({ linux, fn }: Here, sriov: Sriov): File {
  return {
    kind: 'file',
    lock: fn,
    read: () => `${sriov.vfs.length}\n`,
    write: (value, accepted) => storeNumVfs(linux, fn, value, accepted),
  }
}

function autoprobeFile(sriov: Sriov): File {
  return {
    kind: 'file',
    read: () => `${sriov.autoprobe ? 1 : 0}\n`,
    write: (value) => {
      sriov.autoprobe = parseBool(value)
    },
  }
}

/** While VFs are being removed, those that are gone have lost their link already. */
function virtfnLinks(linux: EmulatedLinux, { sriov }: PciFunction): OtherEntries {
  const vfs = sriov?.vfs ?? []
  const listed = (vf: PciFunction) => linux.functions.get(vf.address) === vf
  return {
    entries: () =>
      entriesOf(
        vfs.filter(listed),
        (vf) => `virtfn${vf.vf?.index}`,
        (vf) => link(vf.sysfsPath)
      ),
    child: (name) => {
      const vf = name.startsWith('virtfn') ? vfs[Number(name.slice(6))] : undefined
      return vf && listed(vf) ? link(vf.sysfsPath) : undefined
    },
  }
}

/** What a driver adds. */
const DRIVERS_OWN: FileTable<Here> = {
  nvme: nvmeDirectory,
  msi_irqs: ({ linux, fn }) => {
    const ahci = ahciControllerOf(linux, fn.address)
    if (ahci) return folder({ [ahci.irq]: attribute(() => 'msi') })
    const irqs = functionIrqs(controllerOf(linux, fn), holdOf(linux, fn), fn)
    if (irqs.length === 0) return undefined
    return directory(() => entriesOf(irqs, String, () => attribute(() => 'msix')))
  },
}

function nvmeDirectory({ linux, fn }: Here): Node | undefined {
  const controller = controllerOf(linux, fn)
  if (!controller) return undefined
  const name = controllerName(controller)
  return directory(() => ({ [name]: controllerDirectory(linux, controller) }))
}

const FILES: FileTable<Here> = {
  ...IDENTITY,
  ...PLACEMENT,
  ...BINDING,
  ...RESETS,
  ...HOT_PLUG,
  ...SRIOV,
  ...DRIVERS_OWN,
}
