/**
 * Counters straight from the model, without printing and parsing. A source keeps to the disk that it was opened on, as a
 * descriptor does: when that goes, its numbers are NaN, even if another disk gets the name.
 */
import { BLOCK_STAT_LENGTH, counterLength } from '../../kernel/counters.ts'
import type {
  CounterReader,
  CounterSource,
  HistogramSource,
} from '../../kernel/counters.ts'
import { ahciInterruptCount, sataStatFill, sataTagsFill } from '../ahci/sata-counters.ts'
import type { EmulatedLinux } from '../linux.ts'
import { guestVectorCount, vectorCount } from '../pci/interrupts.ts'
import { tagsBusy } from '../sysfs/debugfs-files.ts'
import { fillBlockStat } from './block-stat.ts'

/** @param now ms of uptime: one for all that is read together */
type Fill = (now: number, out: Float64Array, at: number) => void

export function openCounters(
  linux: EmulatedLinux,
  sources: readonly CounterSource[]
): CounterReader {
  const length = sources.reduce((sum, source) => sum + counterLength(source), 0)
  const values = new Float64Array(length).fill(NaN)
  const fills = sources.map((source) => ({
    fill: fillOf(linux, source),
    length: counterLength(source),
  }))
  return {
    values,
    read: async () => {
      let at = 0
      const now = linux.uptimeMs()
      for (const { fill, length: count } of fills) {
        fill(now, values, at)
        at += count
      }
    },
    close: async () => {},
  }
}

function fillOf(linux: EmulatedLinux, source: CounterSource): Fill {
  switch (source.kind) {
    case 'blockStat':
      return sataStatFill(linux, source.path) ?? blockStatFill(linux, source.path)
    case 'tagsBusy':
      return sataTagsFill(linux, source.path) ?? tagsBusyFill(linux, source.path)
    case 'histogram':
      return histogramFill(linux, source)
    case 'interrupts': {
      const counts = source.names.map(
        (name) => ahciInterruptCount(linux, name) ?? interruptCount(linux, name)
      )
      return (now, out, at) => counts.forEach((count, i) => (out[at + i] = count(now)))
    }
  }
}

/** By path each time: an event that goes takes its file along. */
function histogramFill(linux: EmulatedLinux, source: HistogramSource): Fill {
  const { buckets, controllers } = source
  const event = /\/events\/(.+)\/hist$/.exec(source.path)?.[1] ?? ''
  const length = counterLength(source)
  return (now, out, at) => {
    const tally = linux.tracefs.tallyOf(event, source.trigger)
    if (tally === undefined || tally.width !== buckets)
      return void out.fill(NaN, at, at + length)
    tally.catchUp(linux, now)
    out.fill(0, at, at + length)
    let place = at
    for (const { instance, queues } of controllers)
      for (let q = 0; q < queues; q++, place += buckets)
        out.set(tally.queue(instance, q) ?? NOTHING, place)
  }
}

const NOTHING = new Float64Array(0)

function blockStatFill(linux: EmulatedLinux, path: string): Fill {
  const name = /\/([^/]+)\/stat$/.exec(path)?.[1] ?? ''
  const disk = linux.disks.get(name)
  return (now, out, at) => {
    if (disk && linux.disks.get(name) === disk) fillBlockStat(disk, now, out, at)
    else out.fill(NaN, at, at + BLOCK_STAT_LENGTH)
  }
}

function tagsBusyFill(linux: EmulatedLinux, path: string): Fill {
  const [, name = '', queue = ''] = /\/([^/]+)\/hctx(\d+)\/tags$/.exec(path) ?? []
  const disk = linux.disks.get(name)
  return (now, out, at) => {
    const present = disk && linux.disks.get(name) === disk
    out[at] = (present ? tagsBusy(disk, Number(queue), now) : undefined) ?? NaN
  }
}

/** By name each time: interrupts are not kept open by descriptor. */
function interruptCount(linux: EmulatedLinux, name: string): (now: number) => number {
  const [, instance, queue] = /^nvme(\d+)q(\d+)$/.exec(name) ?? []
  if (instance !== undefined)
    return (now) => queueCount(linux, Number(instance), Number(queue), now)
  const [, vector, address] = /^vfio-msix\[(\d+)\]\((.+)\)$/.exec(name) ?? []
  return (now) => guestCount(linux, address, Number(vector), now)
}

function queueCount(
  linux: EmulatedLinux,
  instance: number,
  queue: number,
  now: number
): number {
  const controller = linux.controllers.get(instance)
  if (!controller || queue >= controller.queueCount) return NaN
  return vectorCount(controller, queue, now)
}

function guestCount(
  linux: EmulatedLinux,
  address: string | undefined,
  vector: number,
  now: number
): number {
  for (const hold of linux.holds.values())
    for (const guest of hold.guests)
      if (guest.fn.address === address && vector < guest.irqs.length)
        return guestVectorCount(linux, guest, vector, now)
  return NaN
}
