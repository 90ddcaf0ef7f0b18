/** The number of VFs. Source: Linux drivers/pci/iov.c, sriov_numvfs_store and sriov_drivers_autoprobe_store. */
import assert from 'node:assert/strict'
import { errnoOf, exists, inLane, linkName, read, write } from '../asking.ts'
import { driverFile, driverOf, enableVfs, functionAt } from '../machine.ts'
import type { ContractCase, KernelWorld } from '../world.ts'

export const SRIOV_CASES: readonly ContractCase[] = [
  {
    name: 'a number of VFs that is none is EINVAL, one too many ERANGE',
    run: async (world) => {
      const tooMany = world.expectations.totalVfs + 1

      for (const text of ['abc', '-1', '1.5', '70000', '2 3'])
        assert.equal(await errnoOf(setCount(world, text)), 'EINVAL', text)
      assert.equal(await errnoOf(setCount(world, String(tooMany))), 'ERANGE')
      assert.equal(await count(world), '0\n')
    },
  },
  {
    name: 'all VFs go before their number changes, and the present number is no change',
    run: async (world) => {
      await enableVfs(world, 2)

      assert.equal(await errnoOf(setCount(world, '3')), 'EBUSY')
      assert.equal(await errnoOf(setCount(world, '1')), 'EBUSY')
      assert.equal(await errnoOf(setCount(world, '2')), 'success')
      assert.equal(await count(world), '2\n')
      assert.equal(await errnoOf(setCount(world, '0')), 'success')
      assert.equal(await errnoOf(setCount(world, '0x1\n')), 'success')
      assert.equal(await count(world), '1\n')
    },
  },
  {
    name: 'VFs lie where offset and stride say, know their PF, and vanish with it',
    run: async (world) => {
      const pf = functionAt(world.pf)
      const addresses = await enableVfs(world, world.expectations.totalVfs)
      const offset = Number(await read(world, `${pf}/sriov_offset`))
      const stride = Number(await read(world, `${pf}/sriov_stride`))

      const first = routingId(world.pf) + offset
      assert.deepEqual(
        addresses.map(routingId),
        addresses.map((_, n) => first + n * stride)
      )
      for (const address of addresses) {
        assert.equal(await linkName(world, `${functionAt(address)}/physfn`), world.pf)
        assert.equal(await exists(world, `${functionAt(address)}/sriov_numvfs`), false)
        assert.equal(await driverOf(world, address), undefined)
      }
      await setCount(world, '0')
      assert.equal(await exists(world, functionAt(addresses[0] ?? '')), false)
      assert.equal(await linkName(world, `${pf}/virtfn0`), undefined)
    },
  },
  {
    name: 'a VF has a group of its own, and no ids in its configuration space',
    vfs: 2,
    run: async (world, [a = '', b = '']) => {
      const path = `${functionAt(a)}/config`
      const config = Buffer.from(
        await inLane(world, { call: 'readBytes', path, length: 4 })
      )

      const groups = await Promise.all(
        [world.pf, a, b].map((fn) => linkName(world, `${functionAt(fn)}/iommu_group`))
      )
      assert.equal(new Set(groups).size, 3)
      assert.equal(config.readUInt32LE(0), 0xffffffff)
      assert.equal(
        await read(world, `${functionAt(a)}/vendor`),
        await read(world, `${functionAt(world.pf)}/vendor`)
      )
    },
  },
  {
    name: 'a controller without SR-IOV has no number of VFs',
    run: async (world) => {
      const path = `${functionAt(world.plain)}/sriov_numvfs`

      assert.equal(await exists(world, path), false)
      assert.equal(await errnoOf(write(world, path, '1')), 'ENOENT')
    },
  },
  {
    name: 'without a driver on the PF the number of VFs cannot change',
    run: async (world) => {
      await write(world, driverFile('nvme', 'unbind'), world.pf)

      assert.equal(await errnoOf(setCount(world, '2')), 'ENOENT')
      assert.equal(await errnoOf(setCount(world, '0')), 'success')
    },
  },
  {
    name: 'autoprobe is a boolean that keeps its value',
    run: async (world) => {
      const path = `${functionAt(world.pf)}/sriov_drivers_autoprobe`

      assert.equal(await read(world, path), '1\n')
      await write(world, path, '0\n')
      assert.equal(await read(world, path), '0\n')
      await write(world, path, 'y')
      assert.equal(await read(world, path), '1\n')
      assert.equal(await errnoOf(write(world, path, '2')), 'EINVAL')
    },
  },
]

function setCount(world: KernelWorld, text: string): Promise<null> {
  return write(world, `${functionAt(world.pf)}/sriov_numvfs`, text)
}

function count(world: KernelWorld): Promise<string> {
  return read(world, `${functionAt(world.pf)}/sriov_numvfs`)
}

function routingId(address: string): number {
  const [, bus = '', slot = ''] = address.split(':')
  const [device = '', fn = ''] = slot.split('.')
  return parseInt(bus, 16) * 256 + parseInt(device, 16) * 8 + Number(fn)
}
