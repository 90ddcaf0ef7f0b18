/**
 * What a hanging call is, and who keeps it waiting. Nothing in here touches a lane: it is asked for just when that hangs.
 */
import { isoTime, type Clock } from '../clock.ts'
import type { BlockedReport } from '../host/change.ts'
import type { KernelCall } from '../kernel/call.ts'
import type { Kernel, LaneKey } from '../kernel/kernel.ts'
import { parsePciAddress, type PciAddress } from '../nvme/pci-address.ts'
import { groupNumberOf } from './iommu-group.ts'
import { laneKeyOf, type Kinships } from './kinship.ts'
import { callInWords, type LaneBlocked } from './lane-session.ts'
import { nvmeFunctions } from './pci-function.ts'
import { ifReadable } from './small-files.ts'
import { vfioGroupPath } from './sysfs-paths.ts'

export async function blockedReport(
  host: { readonly kernel: Kernel; readonly kinships: Kinships; readonly clock: Clock },
  { key, blocked: { call, sinceMs } }: LaneBlocked
): Promise<BlockedReport> {
  return {
    call: call ? callInWords(call) : `an earlier call in the lane of ${key}`,
    since: isoTime(sinceMs),
    holders: await holders(host.kernel, await suspects(host, key, call)),
  }
}

/** In one line. */
export function blockedInWords({ call, since, holders }: BlockedReport): string {
  const who = holders.map(({ pid, command, holds }) => `${command} (${pid}) holds ${holds}`)
  return [`${call} has not come back since ${since}`, ...who].join('; ')
}

/**
 * Functions whose VFIO group a call may wait for. Unbinding and removing wait for the consumer to let go (Linux
 * drivers/vfio/vfio_main.c, vfio_unregister_group_dev); other calls do not.
 */
async function suspects(
  { kernel, kinships }: { readonly kernel: Kernel; readonly kinships: Kinships },
  key: LaneKey,
  call: KernelCall | undefined
): Promise<readonly PciAddress[]> {
  if (call !== undefined && call.call !== 'write') return []
  if (call?.path.endsWith('/unbind')) {
    const fn = parsePciAddress(call.text.trim())
    return fn === undefined ? [] : [fn]
  }
  if (call !== undefined && !/\/(sriov_numvfs|remove)$/.test(call.path)) return []
  const ofLane: PciAddress[] = []
  for (const fn of await nvmeFunctions(kernel)) {
    if (laneKeyOf(fn, await kinships.of(fn)) === key) ofLane.push(fn)
  }
  return ofLane
}

async function holders(
  kernel: Kernel,
  functions: readonly PciAddress[]
): Promise<BlockedReport['holders']> {
  const found = new Map<string, BlockedReport['holders'][number]>()
  for (const fn of functions) {
    const group = await groupNumberOf(kernel, fn)
    if (group === null) continue
    const path = vfioGroupPath(group)
    // Only functions that vfio-pci has, or had, have a node: a look at every process is not cheap.
    if (!(await kernel.call({ call: 'exists', path }))) continue
    const processes = await ifReadable(kernel.call({ call: 'holders', path }))
    for (const { pid, command } of processes ?? []) {
      found.set(`${pid} ${path}`, { pid, command, holds: path })
    }
  }
  return [...found.values()]
}
