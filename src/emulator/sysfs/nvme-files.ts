/** A controller's and a subsystem's directories. Source: Linux drivers/nvme/host/sysfs.c (6.1: core.c), multipath.c. */
import type { EmulatedLinux } from '../linux.ts'
import { resetController } from '../nvme-driver/controller-reset.ts'
import { disksOf, rescanNamespaces } from '../nvme-driver/disks.ts'
import {
  CONTROLLER_MAJOR,
  controllerName,
  controllerPath,
  QUEUE_DEPTH,
} from '../nvme-driver/host-controller.ts'
import type { HostController, HostSubsystem } from '../nvme-driver/host-controller.ts'
import { respondsTo } from '../pci/pci-function.ts'
import { diskDirectory } from './disk-files.ts'
import { attribute, entriesOf, link, tableDirectory, writeOnly } from './node.ts'
import type { Directory, File, FileTable, OtherEntries } from './node.ts'
import { ueventFile } from './uevent-file.ts'

type Here = { readonly linux: EmulatedLinux; readonly controller: HostController }

export function controllerDirectory(
  linux: EmulatedLinux,
  controller: HostController
): Directory {
  return tableDirectory(FILES, { linux, controller }, pathDisks(linux, controller))
}

function pathDisks(linux: EmulatedLinux, controller: HostController): OtherEntries {
  return {
    entries: () =>
      entriesOf(
        disksOf(linux, controller),
        (disk) => disk.name,
        (disk) => diskDirectory(linux, disk)
      ),
    child: (name) => {
      const disk = linux.disks.get(name)
      return disk?.controller === controller ? diskDirectory(linux, disk) : undefined
    },
  }
}

const FILES: FileTable<Here> = {
  address: ({ controller }) => attribute(() => controller.fn.address),
  cntlid: ({ controller }) => attribute(() => cntlidOf(controller)),
  cntrltype: () => attribute(() => 'io'),
  dctype: () => attribute(() => 'none'),
  dev: ({ controller }) => attribute(() => `${CONTROLLER_MAJOR}:${controller.instance}`),
  kato: () => attribute(() => 0),
  numa_node: ({ controller }) => attribute(() => controller.fn.numaNode),
  queue_count: ({ controller }) => attribute(() => controller.queueCount),
  sqsize: () => attribute(() => QUEUE_DEPTH),
  state: ({ controller }) => attribute(() => controller.state),
  transport: () => attribute(() => 'pcie'),
  firmware_rev: ({ controller }) => ofSubsystem(controller, firmwareOf),
  model: ({ controller }) => ofSubsystem(controller, modelOf),
  serial: ({ controller }) => ofSubsystem(controller, serialOf),
  subsysnqn: ({ controller }) => ofSubsystem(controller, nqnOf),
  uevent: ({ controller }) => ueventFile(() => ueventProperties(controller)),
  device: ({ controller }) => link(controller.fn.sysfsPath),
  subsystem: () => link('/sys/class/nvme'),
  reset_controller: ({ linux, controller }) =>
    writeOnly((_text, accepted) => resetController(linux, controller, accepted)),
  rescan_controller: ({ linux, controller }) =>
    writeOnly(() => {
      if (controller.state === 'live' && respondsTo(controller.fn))
        rescanNamespaces(linux, controller)
    }),
}

function cntlidOf({ identified, fn }: HostController): number {
  return identified ? (fn.controller?.cntlid ?? 0) : 0
}

/**
 * nvme_init_subsystem comes after Identify: until then the pointer to the subsystem is NULL, and nobody looks.
 * Source: Linux lib/vsprintf.c, check_pointer_msg.
 */
function ofSubsystem(
  controller: HostController,
  told: (subsystem: HostSubsystem) => string
): File {
  return attribute(() => (controller.identified ? told(controller.subsystem) : '(efault)'))
}

function ueventProperties(controller: HostController) {
  return {
    MAJOR: String(CONTROLLER_MAJOR),
    MINOR: String(controller.instance),
    DEVNAME: controllerName(controller),
    NVME_TRTYPE: 'pcie',
  }
}

type Subsystem = { readonly linux: EmulatedLinux; readonly subsystem: HostSubsystem }

export function subsystemDirectory(
  linux: EmulatedLinux,
  subsystem: HostSubsystem
): Directory {
  const here = { linux, subsystem }
  return tableDirectory(SUBSYSTEM_FILES, here, controllersAndDisks(here))
}

/** What a drive says of itself, padded as it does. */
const SUBSYSTEM_FILES: FileTable<Subsystem> = {
  firmware_rev: ({ subsystem }) => attribute(() => firmwareOf(subsystem)),
  model: ({ subsystem }) => attribute(() => modelOf(subsystem)),
  serial: ({ subsystem }) => attribute(() => serialOf(subsystem)),
  subsysnqn: ({ subsystem }) => attribute(() => nqnOf(subsystem)),
  iopolicy: () => attribute(() => 'numa'),
  subsystype: () => attribute(() => 'nvm'),
  subsystem: () => link('/sys/class/nvme-subsystem'),
  uevent: () => ueventFile(() => ({})),
}

function firmwareOf({ drive }: HostSubsystem): string {
  return drive.firmware.padEnd(8)
}

function modelOf({ drive }: HostSubsystem): string {
  return drive.model.padEnd(40)
}

function serialOf({ drive }: HostSubsystem): string {
  return drive.serial.padEnd(20)
}

function nqnOf({ drive }: HostSubsystem): string {
  return drive.nqn
}

function controllersAndDisks({ linux, subsystem }: Subsystem): OtherEntries {
  const disks = () => [...subsystem.heads.values()].flatMap((head) => head.disk ?? [])
  const controllers = () => [...subsystem.controllers].filter((one) => one.identified)
  const controllerNamed = (name: string) =>
    controllers().find((one) => controllerName(one) === name)
  return {
    entries: () => ({
      ...entriesOf(controllers(), controllerName, (one) => link(controllerPath(one))),
      ...entriesOf(
        disks(),
        (disk) => disk.name,
        (disk) => diskDirectory(linux, disk)
      ),
    }),
    child: (name) => {
      const disk = disks().find((one) => one.name === name)
      if (disk) return diskDirectory(linux, disk)
      const controller = controllerNamed(name)
      return controller && link(controllerPath(controller))
    },
  }
}
