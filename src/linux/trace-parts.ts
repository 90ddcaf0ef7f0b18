/**
 * What nvirt puts into tracefs so that the kernel counts NVMe commands by queue and latency: five lines, each recognized by a
 * name of ours, so that nobody else's is touched and what a killed service left behind is found.
 *
 * - nvme_setup_cmd remembers when a command began. nvme_complete_rq looks that up, and tells the difference in an event of
 *   our own, whose histogram counts it. Both know a command by controller, queue and tag: its id, without the four bits
 *   that change with every use of the tag (nvme_cid in drivers/nvme/host/nvme.h), with which it would take sixteen times
 *   the room. Keys that are computed need Linux 5.16.
 * - Commands are counted by nvme_sq, once for each completion that the drive posts, where no command can be missed for
 *   want of room. The hist files of the other two list every tag, and are too long to be read in a tick.
 *
 * A line is removed by its own text after `!`, without `size`. Opened with O_TRUNC the files would lose everybody's.
 * Source: Linux Documentation/trace/histogram.rst; kernel/trace/trace_events_hist.c.
 */
import type { WriteCall } from '../kernel/call.ts'
import type { TracePart } from '../host/query.ts'
import { TRACING } from './sysfs-paths.ts'

const EVENT = 'nvirt_lat'
const TAG = 'cid-cid/4096*4096'
const triggerOf = (event: string) => `${TRACING}/events/${event}/trigger`

type Line = {
  readonly path: string
  readonly text: string
  /** What a line of the file has in it when it is ours. */
  readonly mark: RegExp
  /** Entries that are wanted for so many queues; undefined: it has none. */
  readonly entries?: (queues: number) => number
}

/** Commands in a queue, Linux's io_queue_depth. */
const QUEUE_DEPTH = 1024
/** Powers of two that latencies of one queue may have. */
const POWERS = 32

export const TRACE_LINES: Readonly<Record<TracePart, Line>> = {
  'latency-event': {
    path: `${TRACING}/synthetic_events`,
    text: `${EVENT} u32 ctrl; u32 qid; u64 lat`,
    mark: new RegExp(`^${EVENT}\\s`, 'm'),
  },
  begin: {
    path: triggerOf('nvme/nvme_setup_cmd'),
    text: `hist:keys=ctrl_id,qid,${TAG}:nvirt_ts=common_timestamp.usecs`,
    mark: /:nvirt_ts=common_timestamp/,
    entries: (queues) => queues * QUEUE_DEPTH,
  },
  end: {
    path: triggerOf('nvme/nvme_complete_rq'),
    text: `hist:keys=ctrl_id,qid,${TAG}:nvirt_us=common_timestamp.usecs-$nvirt_ts:onmatch(nvme.nvme_setup_cmd).${EVENT}(ctrl_id,qid,$nvirt_us)`,
    mark: /:nvirt_us=common_timestamp/,
    entries: (queues) => queues * QUEUE_DEPTH,
  },
  'latency-histogram': {
    path: triggerOf(`synthetic/${EVENT}`),
    text: 'hist:keys=ctrl,qid,lat.log2',
    mark: /^hist:keys=ctrl,qid,lat\.log2:/m,
    entries: (queues) => queues * POWERS,
  },
  'command-histogram': {
    path: triggerOf('nvme/nvme_sq'),
    text: 'hist:name=nvirt_commands:keys=ctrl_id,qid',
    mark: /^hist:name=nvirt_commands:/m,
    entries: (queues) => queues,
  },
}

export function armWrite(part: TracePart, queues: number): WriteCall {
  const { path, text, entries } = TRACE_LINES[part]
  const size = entries ? `:size=${roomFor(entries(queues))}` : ''
  return { call: 'write', path, text: text + size }
}

export function disarmWrite(part: TracePart): WriteCall {
  const { path, text } = TRACE_LINES[part]
  // An event is removed by its name alone.
  return { call: 'write', path, text: `!${part === 'latency-event' ? EVENT : text}` }
}

/** Where the kernel prints what a part has counted, and how its trigger begins there. */
export function histogramOf(part: 'latency-histogram' | 'command-histogram') {
  const { path, text } = TRACE_LINES[part]
  return { path: path.replace(/trigger$/, 'hist'), trigger: `${text}:` }
}

/** What the kernel allows: a power of two. Source: Linux kernel/trace/tracing_map.h, TRACING_MAP_BITS_MAX. */
const LEAST_ROOM = 2048
const MOST_ROOM = 131_072

function roomFor(entries: number): number {
  let room = LEAST_ROOM
  while (room < entries && room < MOST_ROOM) room *= 2
  return room
}
