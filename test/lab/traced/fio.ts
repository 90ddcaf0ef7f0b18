/** Load by fio, and what it says of it: the truth that nvirt's numbers are held against. Source: fio 3.33, json+ output. */
import type { AgentClient } from '../agent-client.ts'

export type FioJob = {
  readonly cpu: number
  /** Commands that it keeps in flight; 1: each waits for the one before it, in one system call. */
  readonly depth: number
  readonly commands: number
}

export type FioResult = {
  readonly commands: number
  /** Mean, by Little's law from its rate and its latency. */
  readonly depth: number
  /** Of all commands together, until it knew that they were done. */
  readonly waitedMs: number
  readonly medianMs: number
  /** Commands by completion latency in µs, each in the middle of a bin 1/64 wide. */
  readonly latencies: readonly (readonly [us: number, count: number])[]
}

const LIMIT_MS = 170_000

/** Random reads of 4 KiB past the page cache, jobs at the same time. One result for each. */
export async function runFio(
  agent: AgentClient,
  disk: string,
  jobs: readonly FioJob[]
): Promise<readonly FioResult[]> {
  const common = [
    `--filename=${disk} --rw=randread --bs=4k --direct=1 --io_size=1g --norandommap`,
    '--output-format=json+ --thread',
  ]
  const own = jobs.map(
    ({ cpu, depth, commands }, n) =>
      `--name=job${n} --cpus_allowed=${cpu} --number_ios=${commands} --iodepth=${depth} ` +
      `--ioengine=${depth === 1 ? 'psync' : 'libaio'} --randseed=${n + 1}`
  )
  const command = ['fio', ...[...common, ...own].flatMap((words) => words.split(' '))]
  const ran = await agent.ask({ ask: 'run', command, timeoutMs: LIMIT_MS })
  if (ran.status !== 0) throw new Error(`fio: ${ran.stdout}${ran.stderr}`)
  // Notes of fio may stand before its JSON.
  const output = JSON.parse(ran.stdout.slice(ran.stdout.indexOf('{'))) as FioOutput
  return output.jobs.map(resultOf)
}

/** As far as it is used. */
type FioOutput = {
  readonly jobs: readonly {
    readonly read: {
      readonly total_ios: number
      readonly iops: number
      readonly lat_ns: { readonly mean: number }
      readonly clat_ns: {
        readonly percentile: Readonly<Record<string, number>>
        readonly bins: Readonly<Record<string, number>>
      }
    }
  }[]
}

function resultOf({ read }: FioOutput['jobs'][number]): FioResult {
  const { percentile, bins } = read.clat_ns
  return {
    commands: read.total_ios,
    depth: (read.iops * read.lat_ns.mean) / 1e9,
    waitedMs: (read.total_ios * read.lat_ns.mean) / 1e6,
    medianMs: (percentile['50.000000'] ?? NaN) / 1e6,
    latencies: Object.entries(bins).map(([ns, count]) => [Number(ns) / 1000, count]),
  }
}

/** Shares of those that took at most `us`; what lies on the edge of a bin may be counted or not. */
export function shareWithin({ latencies }: FioResult, us: number): number {
  const all = latencies.reduce((sum, [, count]) => sum + count, 0)
  const within = latencies.filter(([middle]) => middle <= us)
  return within.reduce((sum, [, count]) => sum + count, 0) / all
}
