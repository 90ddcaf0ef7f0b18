/**
 * NVMe commands and the few fields of their answers that the cases look at, read here without `src/nvme`.
 *
 * Source: NVMe Base 2.1, "Primary Controller Capabilities", "Secondary Controller List", "Controller List",
 * "Virtualization Management command", "Namespace Attachment command".
 */
import assert from 'node:assert/strict'
import type { AdminAnswer } from '../../src/kernel/call.ts'
import { admin } from './asking.ts'
import { controllerOf } from './machine.ts'
import type { KernelWorld } from './world.ts'

const IDENTIFY = 0x06
const ATTACHMENT = 0x15
const VIRTUALIZATION = 0x1c
const PAGE_BYTES = 4096

export const VQ = 0
export const VI = 1

/** Statuses as Linux returns them: DNR (4000h) and the 11 bits of type and code. */
export const STATUS = {
  invalidField: 0x4002,
  alreadyAttached: 0x4118,
  notAttached: 0x411a,
  controllerListInvalid: 0x411c,
  invalidController: 0x411f,
  invalidSecondaryState: 0x4120,
  invalidNumberOfResources: 0x4121,
  invalidResource: 0x4122,
} as const

/** Sent to the primary, unless to another device. */
export async function virtualization(
  world: KernelWorld,
  action: 'offline' | 'assign' | 'online' | number,
  cntlid: number,
  {
    resource = VQ,
    count = 0,
    device,
  }: { resource?: number; count?: number; device?: string } = {}
): Promise<AdminAnswer> {
  const act = typeof action === 'number' ? action : ACTIONS[action]
  return admin(world, device ?? (await primaryDevice(world)), {
    opcode: VIRTUALIZATION,
    cdw10: (act | (resource << 8) | (cntlid << 16)) >>> 0,
    cdw11: count,
  })
}

const ACTIONS = { offline: 7, assign: 8, online: 9 }

export async function assign(
  world: KernelWorld,
  cntlid: number,
  held: { readonly vq: number; readonly vi: number }
): Promise<readonly number[]> {
  const vq = await virtualization(world, 'assign', cntlid, { resource: VQ, count: held.vq })
  const vi = await virtualization(world, 'assign', cntlid, { resource: VI, count: held.vi })
  return [vq.status, vi.status]
}

/** Cuts a VF to size and brings it online. QEMU numbers secondaries as their VFs. */
export async function provision(world: KernelWorld, vfNumber: number): Promise<void> {
  await virtualization(world, 'assign', vfNumber, { resource: 0, count: 4 })
  await virtualization(world, 'assign', vfNumber, { resource: 1, count: 3 })
  const { status } = await virtualization(world, 'online', vfNumber)
  assert.equal(status, 0)
}

export async function attachment(
  world: KernelWorld,
  action: 'attach' | 'detach',
  nsid: number,
  cntlids: readonly number[]
): Promise<number> {
  const list = Buffer.alloc(PAGE_BYTES)
  list.writeUInt16LE(cntlids.length, 0)
  for (const [n, cntlid] of cntlids.entries()) list.writeUInt16LE(cntlid, 2 + 2 * n)
  const { status } = await admin(world, await primaryDevice(world), {
    opcode: ATTACHMENT,
    nsid,
    cdw10: action === 'attach' ? 0 : 1,
    dataOut: list,
  })
  return status
}

export async function identify(
  world: KernelWorld,
  device: string,
  cns: number,
  nsid = 0
): Promise<AdminAnswer> {
  const cdw10 = cns
  return admin(world, device, { opcode: IDENTIFY, nsid, cdw10, dataInLength: PAGE_BYTES })
}

export async function primaryDevice(world: KernelWorld): Promise<string> {
  return `/dev/${await controllerOf(world, world.pf)}`
}

export type Secondary = {
  readonly cntlid: number
  readonly online: boolean
  readonly vfNumber: number
  readonly vq: number
  readonly vi: number
}

export async function secondaries(world: KernelWorld): Promise<readonly Secondary[]> {
  const { data } = await identify(world, await primaryDevice(world), 0x15)
  const page = Buffer.from(data)
  return Array.from({ length: page.readUInt8(0) }, (_, n) => {
    const at = 32 * (n + 1)
    return {
      cntlid: page.readUInt16LE(at),
      online: page.readUInt8(at + 4) === 1,
      vfNumber: page.readUInt16LE(at + 8),
      vq: page.readUInt16LE(at + 10),
      vi: page.readUInt16LE(at + 12),
    }
  })
}

export async function secondary(world: KernelWorld, cntlid: number): Promise<Secondary> {
  const found = (await secondaries(world)).find((one) => one.cntlid === cntlid)
  if (!found) throw new Error(`no secondary controller ${cntlid}`)
  return found
}

export type Pool = {
  readonly total: number
  readonly assigned: number
  readonly primary: number
  readonly primaryPrivate: number
  readonly maxPerSecondary: number
}

export async function pools(
  world: KernelWorld
): Promise<{ readonly vq: Pool; readonly vi: Pool }> {
  const { data } = await identify(world, await primaryDevice(world), 0x14)
  const page = Buffer.from(data)
  const poolAt = (at: number): Pool => ({
    total: page.readUInt32LE(at),
    assigned: page.readUInt32LE(at + 4),
    primary: page.readUInt16LE(at + 8),
    primaryPrivate: page.readUInt16LE(at + 10),
    maxPerSecondary: page.readUInt16LE(at + 12),
  })
  return { vq: poolAt(32), vi: poolAt(64) }
}

/** Controllers to which the namespace is attached (CNS 12h). */
export async function attachedTo(
  world: KernelWorld,
  nsid: number
): Promise<readonly number[]> {
  const { data } = await identify(world, await primaryDevice(world), 0x12, nsid)
  const page = Buffer.from(data)
  return Array.from({ length: page.readUInt16LE(0) }, (_, n) =>
    page.readUInt16LE(2 + 2 * n)
  )
}

/** Namespaces attached to the controller (CNS 02h). */
export async function activeNamespaces(
  world: KernelWorld,
  device: string
): Promise<readonly number[]> {
  const { data } = await identify(world, device, 0x02)
  const page = Buffer.from(data)
  const nsids = Array.from({ length: PAGE_BYTES / 4 }, (_, n) => page.readUInt32LE(4 * n))
  return nsids.filter((nsid) => nsid !== 0)
}
