/** What emulating costs: the CPU time of QEMU's threads, one for each CPU of the guest. */
import { readFileSync } from 'node:fs'
import { qmp } from './qmp.ts'
import { qmpSocket } from './qemu-arguments.ts'

/**
 * CPU time in milliseconds that the thread has had which emulates this CPU of the guest. It does not pass while the guest's
 * CPU idles, nor while the machine that emulates runs something else: the guest's own clocks go on then, so what its kernel
 * calls CPU time does as well.
 *
 * Source: QEMU qapi/machine.json, query-cpus-fast; Linux Documentation/scheduler/sched-stats.rst, "/proc/<pid>/schedstat".
 */
export async function emulationMs(folder: string, cpu: number): Promise<number> {
  const cpus = (await qmp(qmpSocket(folder), 'query-cpus-fast')) as readonly EmulatedCpu[] // as its schema says
  const thread = cpus.find((one) => one['cpu-index'] === cpu)?.['thread-id']
  if (thread === undefined) throw new Error(`the guest has no CPU ${cpu}`)
  const [ranNs] = readFileSync(`/proc/${thread}/schedstat`, 'utf8').split(' ')
  return Number(ranNs) / 1e6
}

type EmulatedCpu = { readonly 'cpu-index': number; readonly 'thread-id': number }
