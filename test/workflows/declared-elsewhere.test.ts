/** A drive takes what is declared of it to another host, and whoever was given one of its VFs with it. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { AT_ONCE } from '../../src/emulator/timing.ts'
import { hostIdOf } from '../../src/inventory/identity.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import {
  assign,
  converged,
  declare,
  release,
  sizes,
  tended,
  TWO,
  until,
  waitsOf,
} from './declared-world.ts'
import { PF, PLAIN, virtualFunctionOf, type World } from './world.ts'

test('a VF that was assigned on another host is neither changed nor taken away', async () => {
  const here = await tended()
  await declare(here, TWO)
  await converged(here)
  const assignment = await assign(here, 1, 'vm-1')

  const there = await moved(here)
  await declare(there, { ...TWO, vq: { each: 4 } })
  await until(there, 'VF 2 changed', () => sizes(there).some(([vf]) => vf === 2))
  await there.clock.advance(120_000)
  const waiting = waitsOf(there)
  const { provisioned } = virtualFunctionOf(there, 1)
  await release(there, assignment)
  await converged(there)

  expect(waiting).toEqual([
    ['waiting', 'VF 1 is assigned to vm-1, and lost'],
    ['as-declared', null],
  ])
  expect(provisioned).toMatchObject({ vq: 3 })
  expect(sizes(there)).toEqual([
    [1, 4, 2],
    [2, 4, 2],
  ])
})

test('where drift is healed, a VF that was assigned on another host is not given to the driver of this one', async () => {
  const here = await tended()
  await declare(here, { ...TWO, driver: 'nvme' })
  await converged(here)
  await assign(here, 1, 'vm-1')

  const there = await moved(here)
  await there.workflows.setDriftPolicy(DEMO, there.hostId, 'heal')
  await there.inventory.rescan(DEMO, there.hostId)
  await until(there, 'VF 2 restored', () => driverOf(there, 2) === 'nvme')
  await there.clock.advance(120_000)

  expect(driverOf(there, 1)).toBeNull()
  const [first, second] = there.machine.snapshot().primaries[PF]?.secondaries ?? []
  expect([first?.state, second?.state]).toEqual(['offline', 'online'])
})

function driverOf({ machine }: World, vfNumber: number): string | null | undefined {
  return machine.snapshot().functions[`0000:01:00.${vfNumber}`]?.driver
}

/** Pulled there and plugged in here. */
async function moved(from: World): Promise<World> {
  const { clock, hosts, inventory, machine } = from
  const description = { ...labLikeHost(), name: 'rack2-lab-b' }
  const other = await emulatedMachine(description, { clock, seed: 2, timing: AT_ONCE })
  const driver = linuxHost(other.kernel, clock)
  onTestFinished(() => driver.close())
  const hostId = hostIdOf((await driver.facts()).machineId)
  await other.drills.fire({ event: 'surprise-removal', address: PF })
  await other.drills.fire({ event: 'surprise-removal', address: PLAIN })
  hosts.set({ id: hostId, reach: 'reachable', driver })
  await machine.drills.fire({ event: 'surprise-removal', address: PF })
  await inventory.rescan(DEMO, from.hostId)
  await other.drills.fire({ event: 'hot-plug', address: PF })
  await inventory.rescan(DEMO, hostId)
  return { ...from, machine: other, hostId }
}
