/** Who has what in use: VFIO groups, mounts. Source: Linux drivers/vfio/{group,vfio_main}.c, block/bdev.c. */
import assert from 'node:assert/strict'
import { eventually } from '../../support/eventually.ts'
import { errnoOf, exists, inLane, names, read } from '../asking.ts'
import {
  bindTo,
  controllerOf,
  driverFile,
  driverOf,
  enableVfs,
  functionAt,
  groupOf,
} from '../machine.ts'
import type { ContractCase, KernelWorld } from '../world.ts'

export const CONSUMER_CASES: readonly ContractCase[] = [
  {
    name: 'a VFIO group is viable, opens once at a time, and names its holder',
    vfs: 2,
    run: async (world, [vf = '']) => {
      const { path, group } = await onVfio(world, vf)
      const status = () => inLane(world, { call: 'vfioGroupStatus', path })

      assert.deepEqual(await status(), { viable: true })
      assert.deepEqual(await holders(world, path), [])
      const letGo = await world.holdVfio(group, vf)
      assert.equal(await errnoOf(status()), 'EBUSY')
      const [holder, ...others] = await holders(world, path)
      assert.ok(holder && holder.pid > 0 && holder.command !== '')
      assert.deepEqual(others, [])
      await letGo()
      await eventually(
        'the group is free',
        async () => (await errnoOf(status())) === 'success' || undefined
      )
    },
  },
  {
    name: 'while a VFIO holder keeps the kernel waiting, its lane is blocked and nothing else is',
    run: async (world) => {
      const { kernel, pf, plain } = world
      const [vf = ''] = await enableVfs(world, 1)
      const { path, group } = await onVfio(world, vf)
      const letGo = await world.holdVfio(group, vf)
      const lane = kernel.lane(pf)
      const disable = {
        call: 'write',
        path: `${functionAt(pf)}/sriov_numvfs`,
        text: '0',
      } as const

      const blocked = await lane.call(disable, { deadlineMs: 300 })

      assert.ok(!blocked.done, 'the kernel waits for the holder')
      assert.deepEqual(blocked.blocked.call, disable)
      const behind = await lane.call(
        { call: 'read', path: disable.path },
        { deadlineMs: 300 }
      )
      assert.deepEqual(behind, { done: false, blocked: blocked.blocked })
      assert.deepEqual(await lane.blockedBy(), blocked.blocked)
      assert.equal((await holders(world, path)).length, 1, 'its holder can still be found')
      const controller = await controllerName(world)
      const state = { call: 'read', path: `/sys/class/nvme/${controller}/state` } as const
      assert.equal(await kernel.call(state), 'live\n', 'what never blocks does not')
      await rebind(world, plain)

      await letGo()
      await eventually(
        'the lane is free',
        async () => (await lane.blockedBy()) === undefined || undefined,
        30_000
      )
      assert.equal(await read(world, disable.path), '0\n')
      assert.equal(await exists(world, functionAt(vf)), false)
    },
  },
  {
    name: 'a disk opens exclusively unless it is mounted',
    run: async (world) => {
      const disk = await diskOf(world, world.plain)
      const exclusive = () =>
        errnoOf(inLane(world, { call: 'openExclusive', path: `/dev/${disk}` }))
      const number = (await read(world, `/sys/block/${disk}/dev`)).trim()
      const isMounted = async () =>
        (await read(world, '/proc/1/mountinfo'))
          .split('\n')
          .some((line) => line.split(' ')[2] === number)

      assert.deepEqual([await exclusive(), await isMounted()], ['success', false])
      const unmount = await world.mount(disk)
      assert.deepEqual([await exclusive(), await isMounted()], ['EBUSY', true])
      await unmount()
      assert.deepEqual([await exclusive(), await isMounted()], ['success', false])
    },
  },
  {
    name: 'who has a disk open shares it with an exclusive opener, and both are named',
    run: async (world) => {
      const path = `/dev/${await diskOf(world, world.plain)}`
      const openers = () => holders(world, '/dev/null-of-nobody', [path])

      assert.deepEqual(await openers(), [])
      const close = await world.openDisk(path)
      const [opener, ...more] = await openers()
      assert.deepEqual([opener?.command, more], ['sleep', []])
      assert.equal(await errnoOf(inLane(world, { call: 'holdDisk', path })), 'success')
      const both = await openers()
      assert.deepEqual(both.filter(({ ours }) => ours).length, 1, 'a lane of nvirt’s')
      assert.equal(both.length, 2)
      await inLane(world, { call: 'letGoDisk', path })
      await close()
      assert.deepEqual(await openers(), [])
    },
  },
]

async function onVfio(world: KernelWorld, vf: string) {
  await bindTo(world, vf, 'vfio-pci')
  const group = await groupOf(world, vf)
  return { group, path: `/dev/vfio/${group}` }
}

function holders({ kernel }: KernelWorld, path: string, others?: readonly string[]) {
  return kernel.call({ call: 'holders', path, ...(others && { others }) })
}

/** Without asking a lane. */
async function controllerName(world: KernelWorld): Promise<string> {
  const [name = ''] = await names(world, `${functionAt(world.pf)}/nvme`)
  return name
}

/** Off its driver and on again, in its own lane. */
async function rebind(world: KernelWorld, address: string): Promise<void> {
  const own = { ...world, pf: address }
  await inLane(own, { call: 'write', path: driverFile('nvme', 'unbind'), text: address })
  assert.equal(await driverOf(own, address), undefined)
  await inLane(own, { call: 'write', path: driverFile('nvme', 'bind'), text: address })
  await controllerOf(own, address)
}

/** A disk with a device node. */
async function diskOf(world: KernelWorld, address: string): Promise<string> {
  const folder = `${functionAt(address)}/nvme/${await controllerOf(world, address)}`
  const disk = (await names(world, folder)).find((name) => /^nvme\d+n\d+$/.test(name))
  assert.ok(disk, 'the controller has a disk')
  return disk
}
