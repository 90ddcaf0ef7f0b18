/**
 * What of a function's work can be counted from the host, and where. Made anew whenever its driver or its disks change.
 *
 * blk-mq's hardware context N is NVMe queue N + 1; `busy=` of its tags is shared by all namespaces of the controller, so
 * one disk tells it. Block statistics are per namespace, on the path disk: a multipath head's stay 0 on Linux 6.1.
 * Source: Linux drivers/nvme/host/pci.c, nvme_pci_map_queues; block/blk-mq-debugfs.c.
 */
import { isDeepStrictEqual } from 'node:util'
import type { CounterSource, TracedController } from '../../kernel/counters.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { NotObserved } from '../../host/frame.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { pathDisksOf } from '../namespace-disks.ts'
import { controllerNameOf, controllerStateOf } from '../nvme-controller.ts'
import { driverOf, functionExists } from '../pci-function.ts'
import { ifReadable, readCount, readText } from '../small-files.ts'
import { BLOCK, controllerPath, debugBlockPath } from '../sysfs-paths.ts'
import type { HostInterrupts, InterruptNames } from './host-interrupts.ts'
import { areSame } from './same.ts'

export type CounterPlan =
  | ({
      readonly observed: true
      readonly disks: readonly string[]
      /** As `life` of a frame: the controller's instance and its disks. */
      readonly life: string
      /** As traces know it. */
      readonly traced: TracedController
    } & QueuePlan)
  | ({
      readonly observed: false
      readonly why: NotObserved
      /** Interrupts may come without being counted. */
      readonly mayPost: boolean
    } & QueuePlan)

type QueuePlan = {
  /** In the order: block statistics of each disk, tags of each queue (where there is a disk). */
  readonly sources: readonly CounterSource[]
  /** Of each queue. */
  readonly interrupts: InterruptNames
  readonly qids: readonly number[]
  readonly cpus: readonly string[]
}

export type PlanContext = {
  readonly kernel: Kernel
  readonly bootId: string
  readonly interrupts: HostInterrupts
  /** The driver's, for as long as it lives: watches begin and end, and another one may be of the same function. */
  readonly knownCpus: KnownCpus
}

/** Of each function, CPUs of its queues in what life they were read: they do not change within one. */
export type KnownCpus = Map<
  PciAddress,
  { readonly life: string; readonly cpus: readonly string[] }
>

/** @param before the plan until now: given back as it is while nothing has changed */
export async function planCounters(
  context: PlanContext,
  fn: PciAddress,
  before: CounterPlan | undefined
): Promise<CounterPlan> {
  const plan = await planAnew(context, fn)
  if (before === undefined || !isSame(before, plan)) return withCpus(context, fn, plan)
  return before
}

/**
 * Whether a controller's plan is still right as far as no uevent tells: its state, its queues, and hidden disks, of which a
 * namespace attached to another controller besides makes one. A third of what planning anew costs, and most looks find no more.
 */
export async function stillHolds(
  { kernel }: PlanContext,
  plan: CounterPlan
): Promise<boolean> {
  if (!plan.observed) return false
  const name = `nvme${plan.traced.instance}`
  if ((await controllerStateOf(kernel, name)) !== 'live') return false
  const [queues, disks] = [await ioQueuesOf(kernel, name), await pathDisksOf(kernel, name)]
  return queues === plan.qids.length && areSame(disks, plan.disks)
}

function isSame(before: CounterPlan, now: CounterPlan): boolean {
  const { cpus: _, ...rest } = before
  return isDeepStrictEqual({ ...rest, cpus: now.cpus }, now)
}

async function planAnew(context: PlanContext, fn: PciAddress): Promise<CounterPlan> {
  const { kernel } = context
  const driver = await driverOf(kernel, fn)
  if (driver === 'nvme') return planOfController(kernel, fn)
  if (driver === 'vfio-pci') return planOfGuest(context, fn)
  return unobserved((await functionExists(kernel, fn)) ? 'no-driver' : 'gone')
}

async function planOfController(kernel: Kernel, fn: PciAddress): Promise<CounterPlan> {
  const name = await controllerNameOf(kernel, fn)
  if (name === null || (await controllerStateOf(kernel, name)) !== 'live') {
    return unobserved('controller-not-live')
  }
  const disks = await pathDisksOf(kernel, name)
  const queues = await ioQueuesOf(kernel, name)
  const qids = Array.from({ length: queues }, (_, i) => i + 1)
  const [disk] = disks
  return {
    observed: true,
    disks,
    life: [
      name,
      ...(await Promise.all(disks.map((each) => inSequence(kernel, each)))),
    ].join(' '),
    traced: { instance: Number(name.replace('nvme', '')), queues: qids.length },
    qids,
    cpus: [],
    sources: [
      ...disks.map(blockStat),
      ...(disk === undefined ? [] : qids.map((qid) => tagsOf(disk, qid))),
    ],
    interrupts: qids.map((qid) => `${name}q${qid}`),
  }
}

/** queue_count has the admin queue in it. */
async function ioQueuesOf({ call }: Kernel, name: string): Promise<number> {
  const count = await ifReadable(readCount(call, `${controllerPath(name)}/queue_count`))
  return Math.max(0, (count ?? 1) - 1)
}

/** A disk that goes and comes has its name again, but not its number. Source: Linux block/genhd.c, inc_diskseq; from 5.15 on. */
async function inSequence(kernel: Kernel, disk: string): Promise<string> {
  const number = await ifReadable(readText(kernel.call, `${BLOCK}/${disk}/diskseq`))
  return number === null ? disk : `${disk}#${number}`
}

/** The guest owns the queues; the host still counts the interrupts that it relays, unless they are posted. */
async function planOfGuest(
  { interrupts }: PlanContext,
  fn: PciAddress
): Promise<CounterPlan> {
  const vectors = await interrupts.guestVectors(fn)
  return {
    observed: false,
    why: 'owned-by-guest',
    mayPost: vectors.length > 0 && (await interrupts.mayPost()),
    qids: vectors,
    cpus: [],
    sources: [],
    interrupts: vectors.map((vector) => `vfio-msix[${vector}](${fn})`),
  }
}

/** A file for each queue. */
async function withCpus(
  { kernel, bootId, knownCpus }: PlanContext,
  fn: PciAddress,
  plan: CounterPlan
): Promise<CounterPlan> {
  const life = `${bootId} ${plan.observed ? plan.life : plan.why}`
  const known = knownCpus.get(fn)
  if (known?.life === life && known.cpus.length === plan.qids.length)
    return { ...plan, cpus: known.cpus }
  const disk = plan.observed ? plan.disks[0] : undefined
  const cpus = await Promise.all(plan.qids.map((qid) => cpusOf(kernel, disk, qid)))
  knownCpus.set(fn, { life, cpus })
  return { ...plan, cpus }
}

async function cpusOf(kernel: Kernel, disk: string | undefined, qid: number) {
  if (disk === undefined) return ''
  const path = `${BLOCK}/${disk}/mq/${qid - 1}/cpu_list`
  return (await ifReadable(readText(kernel.call, path))) ?? ''
}

function unobserved(why: NotObserved): CounterPlan {
  const nothing = { sources: [], interrupts: [], qids: [], cpus: [] }
  return { observed: false, why, mayPost: false, ...nothing }
}

function blockStat(disk: string): CounterSource {
  return { kind: 'blockStat', path: `${BLOCK}/${disk}/stat` }
}

function tagsOf(disk: string, qid: number): CounterSource {
  return { kind: 'tagsBusy', path: `${debugBlockPath(disk)}/hctx${qid - 1}/tags` }
}
