/**
 * Everything of the guest's machine that nvirt may change, read without nvirt: sysfs by the agent, the controllers by
 * nvme-cli. Two snapshots are equal when the machine is as it was found.
 */
import type { AgentClient } from './agent-client.ts'
import type { Seen } from './guest/protocol.ts'
import { PLAIN_ADDRESS, SRIOV_ADDRESS } from './qemu-arguments.ts'

export type MachineSnapshot = {
  /** By PCI address. */
  readonly functions: Readonly<Record<string, FunctionBinding>>
  readonly vfCount: string
  readonly autoprobe: string
  readonly secondaries: readonly SecondaryEntry[]
  readonly assigned: { readonly vq: number; readonly vi: number }
  /** Controllers that each namespace of the SR-IOV controller is attached to, by nsid. */
  readonly attachments: Readonly<Record<number, readonly number[]>>
  /** Block devices, paths of multipath included. Not their names: a controller that was rebound has another number. */
  readonly disks: number
}

export type FunctionBinding = { readonly driver: string | null; readonly override: string }

export type SecondaryEntry = {
  readonly cntlid: number
  readonly state: 'online' | 'offline'
  readonly vq: number
  readonly vi: number
}

const DEVICES = '/sys/bus/pci/devices'
const NSIDS = [1, 2, 3, 4]

export async function machineSnapshot(agent: AgentClient): Promise<MachineSnapshot> {
  const primary = await controllerDevice(agent, SRIOV_ADDRESS)
  const addresses = await nvmeFunctions(agent)
  const [disks] = await agent.ask({ ask: 'look', at: [{ directory: '/sys/class/block' }] })
  const { vqrfa, virfa } = await primaryCapabilities(agent, SRIOV_ADDRESS)
  return {
    functions: Object.fromEntries(
      await Promise.all(addresses.map(async (a) => [a, await bindingOf(agent, a)] as const))
    ),
    vfCount: await agent.text(`${DEVICES}/${SRIOV_ADDRESS}/sriov_numvfs`),
    autoprobe: await agent.text(`${DEVICES}/${SRIOV_ADDRESS}/sriov_drivers_autoprobe`),
    secondaries: await secondariesOf(agent, primary),
    assigned: { vq: vqrfa, vi: virfa },
    attachments: Object.fromEntries(
      await Promise.all(
        NSIDS.map(async (nsid) => [nsid, await attachedTo(agent, primary, nsid)] as const)
      )
    ),
    disks: disks !== undefined && 'directory' in disks ? disks.directory.length : -1,
  }
}

/** By the names of Identify 14h. Flexible: assigned to secondaries, and allocated to the primary. */
export async function primaryCapabilities(agent: AgentClient, address: string) {
  const device = await controllerDevice(agent, address)
  const caps = await agent.run('nvme', 'primary-ctrl-caps', device, '-o', 'json')
  return JSON.parse(caps) as Record<'vqrfa' | 'virfa' | 'vqrfap' | 'virfap', number>
}

/** Character device of the controller at that address: `/dev/nvme0`. The number changes from boot to boot. */
export async function controllerDevice(
  agent: AgentClient,
  address: string
): Promise<string> {
  const [seen] = await agent.ask({
    ask: 'look',
    at: [{ directory: `${DEVICES}/${address}/nvme` }],
  })
  const name = seen !== undefined && 'directory' in seen ? seen.directory[0] : undefined
  if (name === undefined) throw new Error(`no nvme driver answers for ${address}`)
  return `/dev/${name}`
}

export async function bindingOf(
  agent: AgentClient,
  address: string
): Promise<FunctionBinding> {
  const [driver, override] = await agent.ask({
    ask: 'look',
    at: [
      { link: `${DEVICES}/${address}/driver` },
      { text: `${DEVICES}/${address}/driver_override` },
    ],
  })
  return { driver: linkName(driver), override: textOf(override).trim() }
}

/** Controllers that Identify 12h names for a namespace, asked of the primary. */
export async function attachedTo(
  agent: AgentClient,
  primary: string,
  nsid: number
): Promise<readonly number[]> {
  const list = JSON.parse(
    await agent.run('nvme', 'list-ctrl', primary, '-n', String(nsid), '-o', 'json')
  ) as { readonly ctrl_list: readonly { readonly ctrl_id: number }[] }
  return list.ctrl_list.map((entry) => entry.ctrl_id)
}

/** Active namespaces that Identify 02h names, asked of a controller itself. */
export async function activeNamespaces(
  agent: AgentClient,
  controller: string
): Promise<readonly number[]> {
  const list = JSON.parse(await agent.run('nvme', 'list-ns', controller, '-o', 'json')) as {
    readonly nsid_list: readonly { readonly nsid: number }[]
  }
  return list.nsid_list.map((entry) => entry.nsid)
}

export async function secondariesOf(
  agent: AgentClient,
  primary: string
): Promise<readonly SecondaryEntry[]> {
  const list = JSON.parse(
    await agent.run('nvme', 'list-secondary', primary, '-e', '8', '-o', 'json')
  ) as { readonly 'secondary-controllers': readonly Record<string, number>[] }
  return list['secondary-controllers'].map((entry) => ({
    cntlid: entry['secondary-controller-identifier'] ?? -1,
    state: entry['secondary-controller-state'] === 1 ? 'online' : 'offline',
    vq: entry['num-virtual-queues'] ?? -1,
    vi: entry['num-virtual-interrupts'] ?? -1,
  }))
}

async function nvmeFunctions(agent: AgentClient): Promise<readonly string[]> {
  const [seen] = await agent.ask({ ask: 'look', at: [{ directory: DEVICES }] })
  const all = seen !== undefined && 'directory' in seen ? seen.directory : []
  const buses = [SRIOV_ADDRESS, PLAIN_ADDRESS].map((address) => address.slice(0, 8))
  return all.filter((address) => buses.includes(address.slice(0, 8)))
}

function linkName(seen: Seen | undefined): string | null {
  return seen !== undefined && 'link' in seen ? (seen.link.split('/').at(-1) ?? null) : null
}

function textOf(seen: Seen | undefined): string {
  if (seen !== undefined && 'text' in seen) return seen.text
  throw new Error(`cannot be read: ${JSON.stringify(seen)}`)
}
