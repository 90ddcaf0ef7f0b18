/** A kernel that was told to promise more isolation than there is hands over nothing, unless that is accepted by name. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf } from './trouble.ts'
import { controllerAt, done, makeWorld, PLAIN, type World } from './world.ts'

test.for([
  ['pcie_acs_override=downstream,multifunction', 'pcie_acs_override'],
  ['vfio.enable_unsafe_noiommu_mode=1', 'vfio.enable_unsafe_noiommu_mode'],
  [
    'vfio_iommu_type1.allow_unsafe_interrupts=Y',
    'vfio_iommu_type1.allow_unsafe_interrupts',
  ],
] as const)('with %s nothing is assigned without that word', async ([words, setting]) => {
  const world = await worldWith(`iommu=pt ${words}`)

  const refusals = await refusalsOf(assign(world))
  await done(world, assign(world, ['isolation-weakened']))

  expect(refusals).toMatchObject([{ check: 'isolation-weakened', device: PLAIN }])
  expect(refusals[0]?.reason).toContain(`the kernel of the host runs with ${setting}:`)
  expect(onlyAssignment(world).state).toBe('ready')
})

test('all that weakens it is told at once', async () => {
  const world = await worldWith(
    'pcie_acs_override=id:1b36:0010 vfio_iommu_type1.allow_unsafe_interrupts'
  )

  const refusals = await refusalsOf(assign(world))

  expect(refusals.map(({ check }) => check)).toEqual([
    'isolation-weakened',
    'isolation-weakened',
  ])
})

test('what is set to nothing weakens nothing', async () => {
  const world = await worldWith('vfio.enable_unsafe_noiommu_mode=0')

  await done(world, assign(world))
})

function worldWith(kernelParameters: string): Promise<World> {
  return makeWorld(memoryStore(), { description: { ...labLikeHost(), kernelParameters } })
}

function assign(world: World, accept?: readonly ['isolation-weakened']) {
  const controllerId = controllerAt(world, PLAIN).id
  return world.workflows.assign(DEMO, {
    controllerId,
    consumer: 'vm',
    ...(accept && { accept }),
  })
}
