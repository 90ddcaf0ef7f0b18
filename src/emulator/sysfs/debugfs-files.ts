/** /sys/kernel/debug/block: hardware queues of a disk. Source: Linux block/blk-mq-debugfs.c; lib/sbitmap.c. */
import type { EmulatedLinux } from '../linux.ts'
import { QUEUE_DEPTH } from '../nvme-driver/host-controller.ts'
import type { Disk } from '../nvme-driver/host-controller.ts'
import { attribute, directory, entriesOf, text } from './node.ts'
import type { Directory } from './node.ts'

/** A multipath head has a directory too, an empty one. */
export function debugDirectory(linux: EmulatedLinux, disk: Disk): Directory {
  const queues = disk.controller ? disk.controller.queueCount - 1 : 0
  return directory(() =>
    entriesOf(
      Array.from({ length: queues }, (_, q) => q),
      (q) => `hctx${q}`,
      (q) => hardwareQueue(linux, disk, q)
    )
  )
}

function hardwareQueue(linux: EmulatedLinux, disk: Disk, q: number): Directory {
  return directory(() => ({
    active: attribute(() => 0),
    busy: text(() => busyLines(linux, disk, q)),
    tags: text(() => tagsText(tagsBusy(disk, q, linux.uptimeMs()) ?? 0)),
    state: attribute(() => ''),
    type: attribute(() => 'default'),
  }))
}

/** Requests in flight on a hardware queue, of all namespaces of the controller. undefined: no such queue. */
export function tagsBusy(disk: Disk, q: number, now: number): number | undefined {
  if (!disk.controller || q >= disk.controller.queueCount - 1) return undefined
  return disk.controller.meter.inFlight(q, now)
}

function tagsText(busy: number): string {
  return [
    `nr_tags=${QUEUE_DEPTH}`,
    'nr_reserved_tags=0',
    'active_queues=0',
    '',
    'bitmap_tags:',
    `depth=${QUEUE_DEPTH}`,
    `busy=${busy}`,
    'cleared=0',
    'bits_per_word=64',
    'map_nr=16',
    'alloc_hint={0}',
    'wake_batch=8',
    'wake_index=0',
    'ws_active=0',
    'round_robin=0',
    'min_shallow_depth=4294967295',
    '',
  ].join('\n')
}

/** One line for each request that this disk has on the queue. */
function busyLines(linux: EmulatedLinux, { controller, head }: Disk, q: number): string {
  const count = controller?.meter.inFlightOn(q, head.namespace, linux.uptimeMs()) ?? 0
  return Array.from(
    { length: count },
    (_, tag) =>
      `${(0x1000 + tag * 0x140).toString(16).padStart(16, '0')} {.op=READ, .cmd_flags=, .rq_flags=IO_STAT, ` +
      `.state=in_flight, .tag=${tag}, .internal_tag=-1}\n`
  ).join('')
}
