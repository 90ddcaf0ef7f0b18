/** A disk's directory. Source: Linux block/genhd.c, blk-sysfs.c, blk-mq-sysfs.c; drivers/nvme/host/core.c (nvme_ns_id_attrs). */
import { blockCount } from '../devices/subsystem.ts'
import type { EmulatedLinux } from '../linux.ts'
import { blockStatText, inFlightOf } from '../load/block-stat.ts'
import {
  BLOCK_MAJOR,
  controllerPath,
  diskPath,
  QUEUE_DEPTH,
  subsystemPath,
} from '../nvme-driver/host-controller.ts'
import type { Disk } from '../nvme-driver/host-controller.ts'
import { queueCpus } from '../nvme-driver/queue-cpus.ts'
import { wwid } from '../nvme-driver/wwid.ts'
import { attribute, directory, entriesOf, link, tableDirectory } from './node.ts'
import type { Directory, Entries, FileTable } from './node.ts'
import { ueventFile } from './uevent-file.ts'
import { EMPTY } from './walk.ts'

export const SECTOR = 512

type Here = { readonly linux: EmulatedLinux; readonly disk: Disk }

export function diskDirectory(linux: EmulatedLinux, disk: Disk): Directory {
  return tableDirectory(FILES, { linux, disk })
}

/** nguid and eui appear only where the drive has them. */
const NAMESPACE_FILES: FileTable<Here> = {
  nsid: ({ disk: { head } }) => attribute(() => head.namespace.nsid),
  wwid: ({ disk: { head, subsystem } }) =>
    attribute(() => wwid(subsystem.drive, head.namespace)),
  nguid: ({ disk: { head } }) => {
    const { nguid } = head.namespace
    return nguid === undefined ? undefined : attribute(() => uuidText(nguid))
  },
  eui: ({ disk: { head } }) => {
    const { eui64 } = head.namespace
    return eui64 === undefined ? undefined : attribute(() => spaced(eui64))
  },
}

function uuidText(nguid: string): string {
  return nguid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function spaced(eui64: string): string {
  return (eui64.match(/../g) ?? []).join(' ')
}

const BLOCK_FILES: FileTable<Here> = {
  size: ({ disk }) => attribute(() => sectorsOf(disk)),
  hidden: ({ disk }) => attribute(() => (disk.kind === 'path' ? 1 : 0)),
  ro: () => attribute(() => 0),
  removable: () => attribute(() => 0),
  range: () => attribute(() => 0),
  ext_range: () => attribute(() => 256),
  diskseq: ({ disk }) => attribute(() => disk.sequence),
  stat: ({ linux, disk }) => ({ kind: 'file', read: () => blockStatText(linux, disk) }),
  inflight: ({ linux, disk }) =>
    attribute(() => {
      const { reads, writes } = inFlightOf(linux, disk)
      return `${String(reads).padStart(8)} ${String(writes).padStart(8)}`
    }),
}

/** Behind a dead controller there is nothing any more. Source: Linux drivers/nvme/host/core.c, nvme_mark_namespaces_dead. */
function sectorsOf({ controller, head }: Disk): number {
  if (controller?.state === 'dead') return 0
  // Metadata takes its share of the blocks.
  return (blockCount(head.namespace) * head.namespace.blockBytes) / SECTOR
}

/** A hidden path disk has no device node, so no number. */
const NUMBER_FILES: FileTable<Here> = {
  dev: ({ disk }) =>
    disk.kind === 'path' ? undefined : attribute(() => `${BLOCK_MAJOR}:${disk.minor}`),
  uevent: ({ disk }) => ueventFile(() => ueventProperties(disk)),
}

function ueventProperties(disk: Disk) {
  const common = { DEVTYPE: 'disk', DISKSEQ: String(disk.sequence) }
  if (disk.kind === 'path') return common
  const { minor, name } = disk
  return { MAJOR: String(BLOCK_MAJOR), MINOR: String(minor), DEVNAME: name, ...common }
}

function queueFiles({ head, kind }: Disk): Entries {
  const { blockBytes } = head.namespace
  return {
    logical_block_size: attribute(() => blockBytes),
    physical_block_size: attribute(() => blockBytes),
    hw_sector_size: attribute(() => blockBytes),
    rotational: attribute(() => 0),
    write_cache: attribute(() => 'write back'),
    scheduler: attribute(() => (kind === 'head' ? 'none' : '[none] mq-deadline ')),
    nr_requests: attribute(() => (kind === 'head' ? 128 : QUEUE_DEPTH)),
    ...(kind === 'head' ? {} : { io_timeout: attribute(() => 30_000) }),
  }
}

function hardwareQueues(linux: EmulatedLinux, { controller }: Disk): Directory {
  const queues = controller ? controller.queueCount - 1 : 0
  return directory(() =>
    entriesOf(
      Array.from({ length: queues }, (_, q) => q),
      String,
      (q) =>
        directory(() => ({
          cpu_list: attribute(() => queueCpus(linux.facts.cpus, queues, q).join(', ')),
          nr_tags: attribute(() => QUEUE_DEPTH),
          nr_reserved_tags: attribute(() => 0),
        }))
    )
  )
}

const RELATIONS: FileTable<Here> = {
  queue: ({ disk }) => directory(() => queueFiles(disk)),
  mq: ({ linux, disk }) => (disk.kind === 'head' ? undefined : hardwareQueues(linux, disk)),
  holders: ({ disk }) =>
    directory(() =>
      entriesOf(
        disk.holders,
        (name) => name,
        (name) => link(`/sys/devices/virtual/block/${name}`)
      )
    ),
  slaves: () => EMPTY,
  device: ({ disk }) =>
    link(disk.controller ? controllerPath(disk.controller) : subsystemPath(disk.subsystem)),
  subsystem: () => link('/sys/class/block'),
}

const FILES: FileTable<Here> = {
  ...NAMESPACE_FILES,
  ...BLOCK_FILES,
  ...NUMBER_FILES,
  ...RELATIONS,
}

export function diskLink(disk: Disk) {
  return link(diskPath(disk))
}
