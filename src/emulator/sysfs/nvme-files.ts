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
import { attribute, directory, entriesOf, link, tableDirectory, writeOnly } from './node.ts'
import type { Directory, Entries, FileTable, OtherEntries } from './node.ts'
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
  cntlid: ({ controller }) => attribute(() => controller.fn.controller?.cntlid ?? 0),
  cntrltype: () => attribute(() => 'io'),
  dctype: () => attribute(() => 'none'),
  dev: ({ controller }) => attribute(() => `${CONTROLLER_MAJOR}:${controller.instance}`),
  kato: () => attribute(() => 0),
  numa_node: ({ controller }) => attribute(() => controller.fn.numaNode),
  queue_count: ({ controller }) => attribute(() => controller.queueCount),
  sqsize: () => attribute(() => QUEUE_DEPTH),
  state: ({ controller }) => attribute(() => controller.state),
  transport: () => attribute(() => 'pcie'),
  firmware_rev: ({ controller }) => driveFacts(controller.subsystem)['firmware_rev'],
  model: ({ controller }) => driveFacts(controller.subsystem)['model'],
  serial: ({ controller }) => driveFacts(controller.subsystem)['serial'],
  subsysnqn: ({ controller }) => driveFacts(controller.subsystem)['subsysnqn'],
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

function ueventProperties(controller: HostController) {
  return {
    MAJOR: String(CONTROLLER_MAJOR),
    MINOR: String(controller.instance),
    DEVNAME: controllerName(controller),
    NVME_TRTYPE: 'pcie',
  }
}

/** Padded as the drive reports them. */
function driveFacts({ drive }: HostSubsystem): Entries {
  return {
    firmware_rev: attribute(() => drive.firmware.padEnd(8)),
    model: attribute(() => drive.model.padEnd(40)),
    serial: attribute(() => drive.serial.padEnd(20)),
    subsysnqn: attribute(() => drive.nqn),
  }
}

export function subsystemDirectory(
  linux: EmulatedLinux,
  subsystem: HostSubsystem
): Directory {
  return directory(() => ({
    ...driveFacts(subsystem),
    iopolicy: attribute(() => 'numa'),
    subsystype: attribute(() => 'nvm'),
    subsystem: link('/sys/class/nvme-subsystem'),
    uevent: ueventFile(() => ({})),
    ...entriesOf(subsystem.controllers, controllerName, (one) => link(controllerPath(one))),
    ...entriesOf(
      [...subsystem.heads.values()].flatMap((head) => head.disk ?? []),
      (disk) => disk.name,
      (disk) => diskDirectory(linux, disk)
    ),
  }))
}
