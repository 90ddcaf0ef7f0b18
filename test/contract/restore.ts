/** How the machine is, and how it is put back after a case. */
import { linkName, read, write } from './asking.ts'
import {
  bindTo,
  controllerOf,
  driverFile,
  driverOf,
  functionAt,
  overrideOf,
} from './machine.ts'
import {
  attachedTo,
  attachment,
  pools,
  secondaries,
  virtualization,
} from './nvme-asking.ts'
import type { KernelWorld } from './world.ts'

/** Everything that the contract may change, as it is now. */
export async function snapshot(world: KernelWorld): Promise<object> {
  const pf = functionAt(world.pf)
  const { attachedNsid, detachedNsids } = world.expectations
  const attachments: Record<number, readonly number[]> = {}
  for (const nsid of [attachedNsid, ...detachedNsids])
    attachments[nsid] = await attachedTo(world, nsid)
  return {
    drivers: [await driverOf(world, world.pf), await driverOf(world, world.plain)],
    overrides: [
      await read(world, overrideOf(world.pf)),
      await read(world, overrideOf(world.plain)),
    ],
    vfCount: await read(world, `${pf}/sriov_numvfs`),
    autoprobe: await read(world, `${pf}/sriov_drivers_autoprobe`),
    secondaries: await secondaries(world),
    pools: await pools(world),
    attachments,
  }
}

/** Enables that many VFs, for no driver to take, and gives their addresses. */
export async function arrange(
  world: KernelWorld,
  vfCount: number
): Promise<readonly string[]> {
  const pf = functionAt(world.pf)
  await write(world, `${pf}/sriov_drivers_autoprobe`, vfCount === 0 ? '1' : '0')
  if ((await read(world, `${pf}/sriov_numvfs`)) !== `${vfCount}\n`) {
    await write(world, `${pf}/sriov_numvfs`, '0')
    await write(world, `${pf}/sriov_numvfs`, String(vfCount))
  }
  return vfsOf(world)
}

/** Puts the machine back, from wherever a case left it. */
export async function restore(world: KernelWorld, vfCount: number): Promise<void> {
  for (const vf of await vfsOf(world)) await free(world, vf)
  for (const address of [world.pf, world.plain]) await backToNvme(world, address)
  await arrange(world, vfCount)
  for (const { cntlid, vq, vi } of await secondaries(world))
    if (vq + vi > 0) await virtualization(world, 'offline', cntlid)
  const { attachedNsid, detachedNsids } = world.expectations
  const all = Array.from({ length: vfCount + 1 }, (_, cntlid) => cntlid)
  await attachExactly(world, attachedNsid, all)
  for (const nsid of detachedNsids) await attachExactly(world, nsid, [])
}

async function attachExactly(
  world: KernelWorld,
  nsid: number,
  wanted: readonly number[]
): Promise<void> {
  const now = await attachedTo(world, nsid)
  const tooMany = now.filter((cntlid) => !wanted.includes(cntlid))
  const missing = wanted.filter((cntlid) => !now.includes(cntlid))
  if (tooMany.length > 0) await attachment(world, 'detach', nsid, tooMany)
  if (missing.length > 0) await attachment(world, 'attach', nsid, missing)
}

/** In the order of their numbers. */
async function vfsOf(world: KernelWorld): Promise<readonly string[]> {
  const pf = functionAt(world.pf)
  const found: string[] = []
  for (;;) {
    const address = await linkName(world, `${pf}/virtfn${found.length}`)
    if (address === undefined) return found
    found.push(address)
  }
}

/** No driver, no override. */
async function free(world: KernelWorld, address: string): Promise<void> {
  const driver = await driverOf(world, address)
  if (driver) await write(world, driverFile(driver, 'unbind'), address)
  await clearOverride(world, address)
}

async function clearOverride(world: KernelWorld, address: string): Promise<void> {
  if ((await read(world, overrideOf(address))) !== '(null)\n')
    await write(world, overrideOf(address), '\n')
}

async function backToNvme(world: KernelWorld, address: string): Promise<void> {
  if ((await driverOf(world, address)) !== 'nvme') await bindTo(world, address, 'nvme')
  await clearOverride(world, address)
  await controllerOf(world, address)
}
