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
import { attribute, directory, entriesOf, link } from './node.ts'
import type { Directory, Entries } from './node.ts'
import { ueventFile } from './uevent-file.ts'
import { EMPTY } from './walk.ts'

export const SECTOR = 512

export function diskDirectory(linux: EmulatedLinux, disk: Disk): Directory {
  return directory(() => ({
    ...namespaceFiles(disk),
    ...blockFiles(linux, disk),
    ...deviceNumber(disk),
    queue: directory(() => queueFiles(disk)),
    ...(disk.kind === 'head' ? {} : { mq: hardwareQueues(linux, disk) }),
    holders: directory(() =>
      entriesOf(
        disk.holders,
        (name) => name,
        (name) => link(`/sys/devices/virtual/block/${name}`)
      )
    ),
    slaves: EMPTY,
    device: link(
      disk.controller ? controllerPath(disk.controller) : subsystemPath(disk.subsystem)
    ),
    subsystem: link('/sys/class/block'),
  }))
}

/** nguid and eui appear only where the drive has them. */
function namespaceFiles({ head, subsystem }: Disk): Entries {
  const { nsid, nguid, eui64 } = head.namespace
  return {
    nsid: attribute(() => nsid),
    wwid: attribute(() => wwid(subsystem.drive, head.namespace)),
    ...(nguid === undefined ? {} : { nguid: attribute(() => uuidText(nguid)) }),
    ...(eui64 === undefined ? {} : { eui: attribute(() => spaced(eui64)) }),
  }
}

function uuidText(nguid: string): string {
  return nguid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function spaced(eui64: string): string {
  return (eui64.match(/../g) ?? []).join(' ')
}

function blockFiles(linux: EmulatedLinux, disk: Disk): Entries {
  return {
    size: attribute(() => sectorsOf(disk)),
    hidden: attribute(() => (disk.kind === 'path' ? 1 : 0)),
    ro: attribute(() => 0),
    removable: attribute(() => 0),
    range: attribute(() => 0),
    ext_range: attribute(() => 256),
    diskseq: attribute(() => disk.sequence),
    stat: { kind: 'file', read: () => blockStatText(linux, disk) },
    inflight: attribute(() => {
      const { reads, writes } = inFlightOf(linux, disk)
      return `${String(reads).padStart(8)} ${String(writes).padStart(8)}`
    }),
  }
}

/** Behind a dead controller there is nothing any more. Source: Linux drivers/nvme/host/core.c, nvme_mark_namespaces_dead. */
function sectorsOf({ controller, head }: Disk): number {
  if (controller?.state === 'dead') return 0
  // Metadata takes its share of the blocks.
  return (blockCount(head.namespace) * head.namespace.blockBytes) / SECTOR
}

/** A hidden path disk has no device node, so no number. */
function deviceNumber(disk: Disk): Entries {
  const common = { DEVTYPE: 'disk', DISKSEQ: String(disk.sequence) }
  if (disk.kind === 'path') return { uevent: ueventFile(() => common) }
  return {
    dev: attribute(() => `${BLOCK_MAJOR}:${disk.minor}`),
    uevent: ueventFile(() => ({
      MAJOR: String(BLOCK_MAJOR),
      MINOR: String(disk.minor),
      DEVNAME: disk.name,
      ...common,
    })),
  }
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

export function diskLink(disk: Disk) {
  return link(diskPath(disk))
}
