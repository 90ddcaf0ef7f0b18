/** What the cases do to functions and their drivers. */
import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { exists, linkName, names, read, write } from './asking.ts'
import type { KernelWorld } from './world.ts'

/** A driver may take half a minute to give up on a controller. */
const DRIVER_MS = 60_000

export const PROBE = '/sys/bus/pci/drivers_probe'
export const functionAt = (address: string) => `/sys/bus/pci/devices/${address}`
export const driverFile = (driver: string, file: 'bind' | 'unbind') =>
  `/sys/bus/pci/drivers/${driver}/${file}`
export const overrideOf = (address: string) => `${functionAt(address)}/driver_override`

/** Enables VFs that no driver takes, and gives their addresses. */
export async function enableVfs(
  world: KernelWorld,
  count: number
): Promise<readonly string[]> {
  const pf = functionAt(world.pf)
  await write(world, `${pf}/sriov_drivers_autoprobe`, '0')
  await write(world, `${pf}/sriov_numvfs`, String(count))
  const links = Array.from({ length: count }, (_, n) => linkName(world, `${pf}/virtfn${n}`))
  return (await Promise.all(links)).map((address) => {
    assert.ok(address, 'an enabled VF has its link')
    return address
  })
}

/** Override, unbind, probe: as a control plane would. */
export async function bindTo(
  world: KernelWorld,
  address: string,
  driver: string
): Promise<void> {
  await write(world, overrideOf(address), driver)
  const now = await driverOf(world, address)
  if (now !== undefined && now !== driver)
    await write(world, driverFile(now, 'unbind'), address)
  await write(world, PROBE, address)
  await untilDriver(world, address, driver)
}

export function driverOf(world: KernelWorld, address: string): Promise<string | undefined> {
  return linkName(world, `${functionAt(address)}/driver`)
}

async function untilDriver(
  world: KernelWorld,
  address: string,
  driver: string
): Promise<void> {
  const what = `${driver} holds ${address}`
  await eventually(
    what,
    async () => (await driverOf(world, address)) === driver || undefined,
    DRIVER_MS
  )
  if (driver === 'nvme') await controllerOf(world, address)
}

/** Its nvmeN, once it is live. */
export function controllerOf(world: KernelWorld, address: string): Promise<string> {
  const folder = `${functionAt(address)}/nvme`
  return eventually(
    `${address} has a live controller`,
    async () => {
      if (!(await exists(world, folder))) return undefined
      const [name] = await names(world, folder)
      if (name === undefined) return undefined
      return (await read(world, `${folder}/${name}/state`)) === 'live\n' ? name : undefined
    },
    DRIVER_MS
  )
}

/** The group's number. */
export async function groupOf(world: KernelWorld, address: string): Promise<number> {
  const name = await linkName(world, `${functionAt(address)}/iommu_group`)
  assert.match(name ?? '', /^\d+$/)
  return Number(name)
}
