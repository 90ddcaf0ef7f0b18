/** Namespaces that somebody creates and deletes without nvirt, and what he has written on them. */
import type { HostChange } from '../../src/host/change.ts'
import type { PciAddress } from '../../src/nvme/pci-address.ts'
import { byHand, diskIfAny } from './by-hand.ts'
import { held } from './on-disk.ts'
import { controllerAt, PLAIN, type World } from './world.ts'

export const PATTERN = Buffer.alloc(4096, 'what the tenant wrote ')
const AT = 40 * 4096

export const ZEROES = Buffer.alloc(4096)

type Creation = {
  readonly fn: PciAddress
  readonly cntlid: number
  /** nsids that its drive has. */
  readonly before: readonly number[]
  readonly shared?: boolean
}

/** It is attached, and gets the first NSID that is free. */
export function creation({
  fn,
  cntlid,
  before,
  shared = false,
}: Creation): readonly [HostChange, HostChange] {
  const nsid = firstFree(before)
  const layout = {
    sizeBlocks: 2048,
    capacityBlocks: 2048,
    formatByte: 0,
    protectionByte: 0,
    shared,
    anaGroup: 0,
    nvmSet: 0,
    enduranceGroup: 0,
  }
  return [
    { change: 'createNamespaces', fn, layout, count: 1, before },
    { change: 'attachNamespace', pf: fn, nsid, cntlid },
  ]
}

function firstFree(nsids: readonly number[]): number {
  let nsid = 1
  while (nsids.includes(nsid)) nsid++
  return nsid
}

/** @param fn through which */
export async function deleteByHand(
  world: World,
  fn: PciAddress,
  nsid: number
): Promise<void> {
  const { hosts, hostId } = world
  const host = hosts.get(hostId)
  if (host?.reach !== 'reachable') throw new Error('the host is there')
  const asked = { read: 'allocated', fn, nsids: { only: [nsid] } } as const
  const reply = await host.driver.ask(asked)
  const [one] = reply.answered ? reply.answer.namespaces : []
  if (!one) throw new Error(`no namespace ${nsid}`)
  const { nguid, eui64 } = one
  await byHand(world, { change: 'deleteNamespace', fn, nsid, nguid, eui64 })
}

/** Of the plain drive: what is read there afterwards. */
export async function onPlain(
  world: World,
  nsid: number,
  how: 'read' | 'write'
): Promise<Buffer> {
  const { serial } = controllerAt(world, PLAIN)
  const disk = await diskIfAny(world, { nsid, serial })
  if (disk === undefined) throw new Error(`namespace ${nsid} has no disk`)
  if (how === 'write')
    await held(world, disk, { call: 'writeBlocks', offset: AT, bytes: PATTERN })
  const read = { call: 'readBlocks', offset: AT, length: PATTERN.length } as const
  return Buffer.from((await held(world, disk, read)) ?? [])
}
