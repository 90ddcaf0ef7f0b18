/** Attributes and links. Source: Linux fs/kernfs/file.c, drivers/pci/pci-sysfs.c. */
import assert from 'node:assert/strict'
import { errnoOf, exists, inLane, linkName, names, read, write } from '../asking.ts'
import { controllerOf, functionAt } from '../machine.ts'
import type { ContractCase } from '../world.ts'

export const FILE_CASES: readonly ContractCase[] = [
  {
    name: 'what is not there is ENOENT, and does not exist',
    run: async (world) => {
      const { kernel } = world
      const path = '/sys/bus/pci/devices/0000:7f:1f.7'

      for (const missing of [path, `${path}/vendor`, `${functionAt(world.pf)}/nothing`]) {
        assert.equal(await errnoOf(kernel.call({ call: 'read', path: missing })), 'ENOENT')
        assert.equal(
          await errnoOf(kernel.call({ call: 'readLink', path: missing })),
          'ENOENT'
        )
        assert.equal(
          await errnoOf(kernel.call({ call: 'readDir', path: missing })),
          'ENOENT'
        )
        assert.equal(await errnoOf(write(world, missing, '1')), 'ENOENT')
        assert.equal(await exists(world, missing), false)
      }
      assert.equal(
        await errnoOf(inLane(world, { call: 'openExclusive', path: '/dev/nvme77n1' })),
        'ENOENT'
      )
      assert.equal(
        await errnoOf(inLane(world, { call: 'vfioGroupStatus', path: '/dev/vfio/7777' })),
        'ENOENT'
      )
    },
  },
  {
    name: 'a folder is no file, a file no folder, and neither is a link',
    run: async ({ kernel, pf }) => {
      const folder = functionAt(pf)
      const file = `${folder}/vendor`

      assert.equal(await errnoOf(kernel.call({ call: 'read', path: folder })), 'EISDIR')
      assert.equal(await errnoOf(kernel.call({ call: 'readDir', path: file })), 'ENOTDIR')
      assert.equal(await errnoOf(kernel.call({ call: 'readLink', path: file })), 'EINVAL')
      assert.equal(
        await errnoOf(kernel.call({ call: 'read', path: `${file}/x` })),
        'ENOTDIR'
      )
    },
  },
  {
    name: 'an attribute may be read only or written only, even by root',
    run: async (world) => {
      const pf = functionAt(world.pf)

      assert.equal(await errnoOf(write(world, `${pf}/vendor`, '0x8086')), 'EACCES')
      assert.equal(await errnoOf(write(world, `${pf}/sriov_totalvfs`, '1')), 'EACCES')
      assert.equal(await errnoOf(read(world, `${pf}/reset`)), 'EACCES')
      assert.equal(await errnoOf(read(world, '/sys/bus/pci/drivers_probe')), 'EACCES')
    },
  },
  {
    name: 'an attribute ends with a newline, and a folder lists its names in order',
    run: async (world) => {
      const pf = functionAt(world.pf)
      const listed = await names(world, pf)

      assert.match(await read(world, `${pf}/vendor`), /^0x[0-9a-f]{4}\n$/)
      assert.equal(await read(world, `${pf}/class`), '0x010802\n')
      assert.equal(
        await read(world, `${pf}/sriov_totalvfs`),
        `${world.expectations.totalVfs}\n`
      )
      assert.deepEqual(listed, [...listed].sort())
      assert.ok(listed.includes('driver') && listed.includes('sriov_numvfs'))
    },
  },
  {
    name: 'a function links to its driver and its group, its controller back to it',
    run: async (world) => {
      const controller = await controllerOf(world, world.pf)
      const group = await linkName(world, `${functionAt(world.pf)}/iommu_group`)

      assert.equal(await linkName(world, `${functionAt(world.pf)}/driver`), 'nvme')
      assert.ok(
        await exists(world, `/sys/kernel/iommu_groups/${group}/devices/${world.pf}`)
      )
      assert.equal(await linkName(world, `/sys/class/nvme/${controller}/device`), world.pf)
      assert.equal(
        await read(world, `/sys/class/nvme/${controller}/address`),
        `${world.pf}\n`
      )
    },
  },
  {
    name: 'configuration space starts with the ids, which a VF leaves to its PF',
    run: async (world) => {
      const path = `${functionAt(world.pf)}/config`
      const config = Buffer.from(
        await inLane(world, { call: 'readBytes', path, length: 64 })
      )
      const vendor = Number(await read(world, `${functionAt(world.pf)}/vendor`))

      assert.equal(config.length, 64)
      assert.equal(config.readUInt16LE(0), vendor)
      assert.deepEqual([...config.subarray(9, 12)], [0x02, 0x08, 0x01])
    },
  },
]
