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
import { fillBlockStat } from './block-stat.ts'

/** @param now ms of uptime: one for all that is read together */
type Fill = (now: number, out: Float64Array, at: number) => void

export function openCounters(
  linux: EmulatedLinux,
  sources: readonly CounterSource[]
): CounterReader {
  const length = sources.reduce((sum, source) => sum + counterLength(source), 0)
  const values = new Float64Array(length).fill(NaN)
  const fills = fillsOf(linux, sources)
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

type Part = { readonly fill: Fill; readonly length: number }

/** Queues of a function, one after the other, are one part: a fleet has hundreds of thousands of them. */
function fillsOf(linux: EmulatedLinux, sources: readonly CounterSource[]) {
  const parts: Part[] = []
  for (let n = 0; n < sources.length;) {
    const run = tagsRun(sources, n)
    if (run && linux.disks.has(run.disk)) {
      parts.push({ fill: tagsFill(linux, run), length: run.count })
      n += run.count
      continue
    }
    const source = sources[n++]! // within its length
    if (source.kind === 'interrupts') parts.push(...interruptFills(linux, source.names))
    else parts.push({ fill: fillOf(linux, source), length: counterLength(source) })
  }
  return parts
}

function fillOf(
  linux: EmulatedLinux,
  source: Exclude<CounterSource, { readonly kind: 'interrupts' }>
): Fill {
  switch (source.kind) {
    case 'blockStat':
      return sataStatFill(linux, source.path) ?? blockStatFill(linux, source.path)
    case 'tagsBusy':
      return sataTagsFill(linux, source.path) ?? ((_, out, at) => (out[at] = NaN))
    case 'histogram':
      return histogramFill(linux, source)
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

type Run = { readonly disk: string; readonly first: number; readonly count: number }

const TAGS = /\/([^/]+)\/hctx(\d+)\/tags$/

function tagsRun(sources: readonly CounterSource[], from: number): Run | undefined {
  const [, disk, number] = TAGS.exec(tagsPath(sources[from])) ?? []
  if (disk === undefined) return undefined
  const first = Number(number)
  const folder = tagsPath(sources[from]).replace(TAGS, `/${disk}/hctx`)
  let count = 1
  while (tagsPath(sources[from + count]) === `${folder}${first + count}/tags`) count++
  return { disk, first, count }
}

function tagsPath(source: CounterSource | undefined): string {
  return source?.kind === 'tagsBusy' ? source.path : ''
}

function tagsFill(linux: EmulatedLinux, { disk: name, first, count }: Run): Fill {
  const disk = linux.disks.get(name)
  return (now, out, at) => {
    const isThere = disk && linux.disks.get(name) === disk
    const { meter, queueCount } = (isThere && disk.controller) || NO_CONTROLLER
    const there = Math.min(count, Math.max(0, queueCount - 1 - first))
    meter?.fillInFlight(first, there, now, out, at)
    out.fill(NaN, at + there, at + count)
  }
}

const NO_CONTROLLER = { meter: undefined, queueCount: 0 }

function interruptFills(linux: EmulatedLinux, names: readonly string[]): readonly Part[] {
  const parts: Part[] = []
  for (let n = 0; n < names.length;) {
    const run = vectorRun(names, n)
    if (run) parts.push({ fill: vectorFill(linux, run), length: run.count })
    else parts.push({ fill: interruptFill(linux, names[n]!), length: 1 }) // within its length
    n += run?.count ?? 1
  }
  return parts
}

type VectorRun = {
  readonly instance: number
  readonly first: number
  readonly count: number
}

/** I/O queues alone: the admin queue is another kind. */
function vectorRun(names: readonly string[], from: number): VectorRun | undefined {
  const [, instance, queue] = /^nvme(\d+)q([1-9]\d*)$/.exec(names[from] ?? '') ?? []
  if (instance === undefined) return undefined
  const first = Number(queue)
  let count = 1
  while (names[from + count] === `nvme${instance}q${first + count}`) count++
  return { instance: Number(instance), first, count }
}

function vectorFill(linux: EmulatedLinux, { instance, first, count }: VectorRun): Fill {
  return (now, out, at) => {
    const controller = linux.controllers.get(instance)
    if (controller && controller.irqs.length > 1) {
      const there = Math.min(count, Math.max(0, controller.queueCount - first))
      controller.meter.fillInterrupts(first - 1, there, now, out, at)
      return void out.fill(NaN, at + there, at + count)
    }
    for (let n = 0; n < count; n++)
      out[at + n] = queueCount(linux, instance, first + n, now)
  }
}

function interruptFill(linux: EmulatedLinux, name: string): Fill {
  const count = ahciInterruptCount(linux, name) ?? interruptCount(linux, name)
  return (now, out, at) => (out[at] = count(now))
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
