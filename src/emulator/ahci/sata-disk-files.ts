/**
 * A SATA disk's directory: one hardware queue of 32 tags, and, since it is one, mq-deadline with twice as many requests.
 * Source: Linux block/genhd.c, blk-sysfs.c, blk-mq-sysfs.c, blk-mq-debugfs.c; elevator.c, elevator_get_default; blk-mq-sched.c,
 * blk_mq_init_sched; drivers/scsi/sd.c.
 */
import { queueCpus } from '../nvme-driver/queue-cpus.ts'
import type { EmulatedLinux } from '../linux.ts'
import type { PciFunction } from '../pci/pci-function.ts'
import { attribute, directory, entriesOf, folder, link, text } from '../sysfs/node.ts'
import type { Directory, Entries } from '../sysfs/node.ts'
import { ueventFile } from '../sysfs/uevent-file.ts'
import { EMPTY } from '../sysfs/walk.ts'
import { scsiDevicePath } from './ahci-controller.ts'
import type { AtaPort, SataDisk } from './ahci-controller.ts'
import { NCQ_DEPTH } from './disk-load.ts'
import { sataInFlight, sataInFlightText, sataStatText } from './sata-counters.ts'

const SECTOR = 512

export function sataDiskDirectory(
  linux: EmulatedLinux,
  fn: PciFunction,
  { port, disk }: { readonly port: AtaPort; readonly disk: SataDisk }
): Directory {
  const { name, major, minor, sequence, description } = disk
  return directory(() => ({
    dev: attribute(() => `${major}:${minor}`),
    size: attribute(() => description.sizeBytes / SECTOR),
    hidden: attribute(() => 0),
    ro: attribute(() => 0),
    removable: attribute(() => 0),
    range: attribute(() => 16),
    ext_range: attribute(() => 256),
    diskseq: attribute(() => sequence),
    stat: text(() => sataStatText(linux, disk)),
    inflight: attribute(() => sataInFlightText(linux, disk)),
    uevent: ueventFile(() => ({
      MAJOR: String(major),
      MINOR: String(minor),
      DEVNAME: name,
      DEVTYPE: 'disk',
      DISKSEQ: String(sequence),
    })),
    queue: folder(queueFiles(disk)),
    mq: folder({ '0': hardwareQueue(linux) }),
    holders: directory(() =>
      entriesOf(
        disk.holders,
        (holder) => holder,
        (holder) => link(`/sys/devices/virtual/block/${holder}`)
      )
    ),
    slaves: EMPTY,
    device: link(scsiDevicePath(fn.sysfsPath, port)),
    subsystem: link('/sys/class/block'),
  }))
}

function queueFiles({ description: { rotational = false } }: SataDisk): Entries {
  return {
    logical_block_size: attribute(() => SECTOR),
    physical_block_size: attribute(() => SECTOR),
    hw_sector_size: attribute(() => SECTOR),
    rotational: attribute(() => (rotational ? 1 : 0)),
    write_cache: attribute(() => 'write back'),
    scheduler: attribute(() => '[mq-deadline] none'),
    nr_requests: attribute(() => 2 * NCQ_DEPTH),
    io_timeout: attribute(() => 30_000),
  }
}

function hardwareQueue(linux: EmulatedLinux): Directory {
  const cpus = queueCpus(linux.facts.cpus, 1, 0)
  return folder({
    cpu_list: attribute(() => cpus.join(', ')),
    nr_tags: attribute(() => NCQ_DEPTH),
    nr_reserved_tags: attribute(() => 0),
  })
}

/** /sys/kernel/debug/block/DISK. Source: Linux lib/sbitmap.c, sbitmap_queue_show. */
export function sataDebugDirectory(linux: EmulatedLinux, disk: SataDisk): Directory {
  const tags = () => {
    const lines = [
      'nr_tags=32',
      'nr_reserved_tags=0',
      'active_queues=0',
      '',
      'bitmap_tags:',
    ]
    const bitmap = [`depth=${NCQ_DEPTH}`, `busy=${sataInFlight(linux, disk)}`, 'cleared=0']
    return [...lines, ...bitmap, 'bits_per_word=8', 'map_nr=4', ''].join('\n')
  }
  return folder({
    hctx0: folder({ tags: text(tags), type: attribute(() => 'default') }),
  })
}
