/**
 * Secondary controllers and their resources.
 *
 * Source: NVMe Base 2.1, "Virtualization Enhancements"; QEMU hw/nvme/ctrl.c nvme_virt_mngmt and what it calls.
 */
import assert from 'node:assert/strict'
import { write } from '../asking.ts'
import { bindTo, controllerOf, enableVfs, functionAt } from '../machine.ts'
import {
  STATUS,
  VI,
  VQ,
  assign,
  pools,
  provision,
  secondaries,
  secondary,
  virtualization,
} from '../nvme-asking.ts'
import type { ContractCase } from '../world.ts'

const OFFLINE = { cntlid: 1, online: false, vfNumber: 1, vq: 0, vi: 0 }

export const SECONDARY_CASES: readonly ContractCase[] = [
  {
    name: 'every VF has a secondary, enabled or not, and the pool is free',
    run: async (world) => {
      const { totalVfs, vq, vi } = world.expectations
      const listed = await secondaries(world)

      assert.deepEqual(
        listed,
        Array.from({ length: totalVfs }, (_, n) => ({
          ...OFFLINE,
          cntlid: n + 1,
          vfNumber: n + 1,
        }))
      )
      assert.deepEqual(await pools(world), {
        vq: { ...vq, assigned: 0, primary: 0 },
        vi: { ...vi, assigned: 0, primary: 0 },
      })
    },
  },
  {
    name: 'resources may be assigned before the VF is enabled, and are kept; online it waits for the VF',
    run: async (world) => {
      const online = async () => (await virtualization(world, 'online', 1)).status

      assert.equal(await online(), STATUS.invalidSecondaryState, 'nothing assigned')
      assert.deepEqual(await assign(world, 1, { vq: 2, vi: 1 }), [0, 0])
      assert.equal(await online(), STATUS.invalidSecondaryState, 'no VF')
      await enableVfs(world, 1)
      assert.equal(await online(), 0)
      assert.deepEqual(await secondary(world, 1), {
        ...OFFLINE,
        online: true,
        vq: 2,
        vi: 1,
      })
    },
  },
  {
    name: 'online needs two queue pairs and one vector',
    vfs: 2,
    run: async (world) => {
      for (const held of [
        { vq: 1, vi: 1 },
        { vq: 2, vi: 0 },
        { vq: 0, vi: 1 },
      ]) {
        await assign(world, 1, held)
        const { status } = await virtualization(world, 'online', 1)
        assert.equal(status, STATUS.invalidSecondaryState, JSON.stringify(held))
      }
    },
  },
  {
    name: 'an assignment is absolute, counted in the pool, and answers with its number',
    run: async (world) => {
      const first = await virtualization(world, 'assign', 1, { resource: VQ, count: 5 })
      const second = await virtualization(world, 'assign', 1, { resource: VQ, count: 3 })
      const vectors = await virtualization(world, 'assign', 1, { resource: VI, count: 2 })

      assert.deepEqual([first.result, second.result, vectors.result], [5, 3, 2])
      assert.deepEqual(await secondary(world, 1), { ...OFFLINE, vq: 3, vi: 2 })
      const { vq, vi } = await pools(world)
      assert.deepEqual([vq.assigned, vi.assigned], [3, 2])
    },
  },
  {
    name: 'more than one may have, and more than there is left, are two refusals',
    run: async (world) => {
      const { vq, vi } = world.expectations
      const assigned = async (cntlid: number, resource: number, count: number) =>
        (await virtualization(world, 'assign', cntlid, { resource, count })).status

      assert.equal(
        await assigned(1, VQ, vq.maxPerSecondary + 1),
        STATUS.invalidNumberOfResources
      )
      assert.equal(
        await assigned(1, VI, vi.maxPerSecondary + 1),
        STATUS.invalidNumberOfResources
      )
      const full = Math.floor(vq.total / vq.maxPerSecondary)
      for (let cntlid = 1; cntlid <= full; cntlid++)
        assert.equal(await assigned(cntlid, VQ, vq.maxPerSecondary), 0)
      assert.equal(await assigned(full + 1, VQ, 1), STATUS.invalidResource)
      assert.equal(
        await assigned(full, VQ, vq.maxPerSecondary),
        0,
        'what it has already counts'
      )
    },
  },
  {
    name: 'an unknown controller, resource or action is refused by name',
    vfs: 2,
    run: async (world) => {
      const status = async (action: number, cntlid: number, resource = VQ) =>
        (await virtualization(world, action, cntlid, { resource, count: 2 })).status

      for (const action of [7, 8, 9])
        for (const cntlid of [99, 0])
          assert.equal(await status(action, cntlid), STATUS.invalidController)
      assert.equal(await status(8, 1, 3), STATUS.invalidResource)
      assert.equal(await status(3, 1), STATUS.invalidField)
      assert.equal(
        await status(1, 1),
        STATUS.invalidController,
        'only itself may be primary'
      )
    },
  },
  {
    name: 'an online secondary keeps what it has; online and offline may be repeated',
    vfs: 2,
    run: async (world) => {
      await provision(world, 1)

      assert.deepEqual(await assign(world, 1, { vq: 2, vi: 1 }), [
        STATUS.invalidSecondaryState,
        STATUS.invalidSecondaryState,
      ])
      assert.equal((await virtualization(world, 'online', 1)).status, 0)
      assert.equal((await virtualization(world, 'offline', 1)).status, 0)
      assert.equal((await virtualization(world, 'offline', 1)).status, 0)
      assert.deepEqual(await secondary(world, 1), OFFLINE)
      assert.equal((await pools(world)).vq.assigned, 0)
    },
  },
  {
    name: 'a reset of the VF leaves it online with its resources',
    vfs: 2,
    run: async (world, [vf = '']) => {
      await provision(world, 1)

      await write(world, `${functionAt(vf)}/reset`, '1')

      assert.deepEqual(await secondary(world, 1), {
        ...OFFLINE,
        online: true,
        vq: 4,
        vi: 3,
      })
    },
  },
  {
    name: 'disabling the VFs takes them offline and returns everything',
    run: async (world) => {
      await enableVfs(world, 2)
      await provision(world, 1)
      await provision(world, 2)

      await write(world, `${functionAt(world.pf)}/sriov_numvfs`, '0')

      assert.deepEqual(await secondary(world, 1), OFFLINE)
      const { vq, vi } = await pools(world)
      assert.deepEqual([vq.assigned, vi.assigned], [0, 0])
    },
  },
  {
    name: 'a controller reset of the primary takes every secondary down, and leaves the VFs',
    vfs: 2,
    run: async (world, [vf = '']) => {
      await provision(world, 1)
      await bindTo(world, vf, 'vfio-pci')
      const name = await controllerOf(world, world.pf)

      await write(world, `/sys/class/nvme/${name}/reset_controller`, '1')

      await controllerOf(world, world.pf)
      assert.deepEqual(await secondary(world, 1), OFFLINE)
      assert.equal((await pools(world)).vq.assigned, 0)
    },
  },
  {
    name: 'a VF and a plain controller have no secondaries to manage',
    vfs: 2,
    run: async (world, [vf = '']) => {
      await provision(world, 1)
      await bindTo(world, vf, 'nvme')

      for (const address of [vf, world.plain]) {
        const device = `/dev/${await controllerOf(world, address)}`
        const { status } = await virtualization(world, 'offline', 1, { device })
        assert.equal(status, STATUS.invalidController, address)
      }
    },
  },
]
