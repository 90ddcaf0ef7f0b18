/**
 * Whether nvme has scanned its controllers' namespaces: each has a disk for each of its namespaces. Linux 6.1 scans after
 * the controller is live, and must not be asked to reset it before that is done: a namespace that comes between
 * nvme_start_freeze and nvme_wait_freeze is waited for, for ever, without having been frozen. Source: Linux
 * drivers/nvme/host/pci.c, nvme_reset_work; core.c, nvme_alloc_ns, where later kernels look at NVME_CTRL_FROZEN.
 */
import type { Machine } from './machine.ts'
import { functionAt } from '../contract/machine.ts'
import { LAB_PF } from '../contract/world.ts'
import { VF_ADDRESSES } from './functions.ts'

/** A function that nvme drives, and the name of its controller, which is live. */
export type LiveController = { readonly address: string; readonly name: string }

/** @returns the first that is not scanned, in words */
export async function unscanned(
  machine: Machine,
  controllers: readonly LiveController[]
): Promise<string | undefined> {
  const offline = await offlineAmong(machine, controllers)
  for (const controller of controllers) {
    if (offline.has(controller.address)) continue
    const page = await identified(machine, controller, ACTIVE_NAMESPACES)
    const namespaces = page && nsidsIn(page)
    const disks = await disksOf(machine, controller)
    if (disks !== namespaces)
      return `${controller.address} has ${disks} disks of ${namespaces} namespaces`
  }
  return undefined
}

/**
 * Tells nvme what a drive has not told it (see known-differences.ts): the list of changed namespaces is read, after which
 * QEMU tells of changes again, and a scan asked for.
 */
export async function scanAgain(
  machine: Machine,
  controllers: readonly LiveController[]
): Promise<undefined> {
  const offline = await offlineAmong(machine, controllers)
  for (const { address, name } of controllers) {
    if (offline.has(address)) continue
    await machine.ask({ call: 'admin', device: `/dev/${name}`, command: READ_CHANGED })
    const path = `${functionAt(address)}/nvme/${name}/rescan_controller`
    await machine.ask({ call: 'write', path, text: '1' })
  }
}

export async function disksOf(
  { ask }: Machine,
  { address, name }: LiveController
): Promise<number> {
  const entries = await ask({
    call: 'readDir',
    path: `${functionAt(address)}/nvme/${name}`,
  })
  return entries.filter((entry) => /^nvme\d+(c\d+)?n\d+$/.test(entry)).length
}

/** They would not answer, and nvme has not noticed. Without the primary nobody can tell. */
async function offlineAmong(
  machine: Machine,
  controllers: readonly LiveController[]
): Promise<ReadonlySet<string>> {
  const primary = controllers.find(({ address }) => address === LAB_PF)
  const hasVfs = controllers.some(({ address }) => VF_ADDRESSES.includes(address))
  const list = primary && hasVfs && (await identified(machine, primary, SECONDARIES))
  if (!list) return new Set()
  return new Set(VF_ADDRESSES.filter((_, index) => !isOnline(list, index)))
}

/** Get Log Page, Changed Attached Namespace List. */
const READ_CHANGED = { opcode: 0x02, cdw10: (1023 << 16) | 0x04, dataInLength: 4096 }

const IDENTIFY = 0x06
const ACTIVE_NAMESPACES = 0x02
const SECONDARIES = 0x15
const PAGE_BYTES = 4096

async function identified(
  { ask }: Machine,
  { name }: LiveController,
  cns: number
): Promise<DataView | undefined> {
  const command = { opcode: IDENTIFY, cdw10: cns, dataInLength: PAGE_BYTES }
  const { status, data } = await ask({ call: 'admin', device: `/dev/${name}`, command })
  if (status !== 0) return undefined
  return new DataView(data.buffer, data.byteOffset, data.byteLength)
}

/** NVMe Base 2.1, "Active Namespace ID list": nothing follows a zero. */
function nsidsIn(page: DataView): number {
  let count = 0
  while (count < PAGE_BYTES / 4 && page.getUint32(4 * count, true) !== 0) count++
  return count
}

/** NVMe Base 2.1, "Secondary Controller List": entries in the order of the VFs, the state after two ids. */
function isOnline(page: DataView, index: number): boolean {
  return (page.getUint8(32 * (index + 1) + 4) & 1) === 1
}
