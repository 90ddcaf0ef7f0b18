/** Drivers and functions. Source: Linux drivers/base/{bus,dd}.c, drivers/pci/pci-driver.c. */
import assert from 'node:assert/strict'
import { eventually } from '../../support/eventually.ts'
import { errnoOf, exists, names, read, write } from '../asking.ts'
import {
  PROBE,
  bindTo,
  controllerOf,
  driverFile,
  driverOf,
  functionAt,
  groupOf,
  overrideOf,
} from '../machine.ts'
import { provision } from '../nvme-asking.ts'
import type { ContractCase } from '../world.ts'

export const BINDING_CASES: readonly ContractCase[] = [
  {
    name: 'an override reads back, and a lone newline clears it to "(null)"',
    run: async (world) => {
      const path = overrideOf(world.plain)

      assert.equal(await read(world, path), '(null)\n')
      await write(world, path, 'vfio-pci')
      assert.equal(await read(world, path), 'vfio-pci\n')
      await write(world, path, '')
      assert.equal(await read(world, path), 'vfio-pci\n', 'a write of nothing does nothing')
      await write(world, path, '\n')
      assert.equal(await read(world, path), '(null)\n')
      assert.equal(await driverOf(world, world.plain), 'nvme', 'an override moves nothing')
    },
  },
  {
    name: 'a whole controller goes to vfio-pci and back',
    run: async (world) => {
      const { plain } = world
      const group = await groupOf(world, plain)

      await bindTo(world, plain, 'vfio-pci')
      assert.ok(await exists(world, `/dev/vfio/${group}`))
      assert.equal(await exists(world, `${functionAt(plain)}/nvme`), false)
      await bindTo(world, plain, 'nvme')
      assert.equal(await exists(world, `/dev/vfio/${group}`), false)
    },
  },
  {
    name: 'a function that no driver holds, or another one, cannot be unbound',
    vfs: 2,
    run: async (world, [vf = '']) => {
      assert.equal(await errnoOf(write(world, driverFile('nvme', 'unbind'), vf)), 'ENODEV')
      assert.equal(
        await errnoOf(write(world, driverFile('vfio-pci', 'unbind'), world.plain)),
        'ENODEV'
      )
      assert.equal(
        await errnoOf(write(world, driverFile('nvme', 'unbind'), '0000:7f:1f.7')),
        'ENODEV'
      )
    },
  },
  {
    name: 'binding fails against the override, a second driver, or autoprobe',
    vfs: 2,
    run: async (world, [vf = '']) => {
      const bind = (driver: string, address: string) =>
        errnoOf(write(world, driverFile(driver, 'bind'), address))

      assert.equal(await bind('nvme', vf), 'ENODEV', 'autoprobe is off')
      await write(world, overrideOf(vf), 'nvme')
      assert.equal(await bind('vfio-pci', vf), 'ENODEV', 'the override names another')
      assert.equal(await bind('vfio-pci', '0000:7f:1f.7'), 'ENODEV', 'no such function')
      await write(world, overrideOf(world.plain), 'vfio-pci')
      assert.equal(await bind('vfio-pci', world.plain), 'EBUSY', 'nvme holds it')
      await write(world, overrideOf(vf), 'vfio-pci')
      assert.equal(await bind('vfio-pci', vf), 'success')
      assert.equal(await driverOf(world, vf), 'vfio-pci')
    },
  },
  {
    name: 'a probe that finds no driver succeeds',
    vfs: 2,
    run: async (world, [vf = '']) => {
      assert.equal(await errnoOf(write(world, PROBE, vf)), 'success', 'autoprobe is off')
      await write(world, overrideOf(vf), 'none')
      assert.equal(await errnoOf(write(world, PROBE, vf)), 'success')
      assert.equal(await driverOf(world, vf), undefined)
      assert.equal(await errnoOf(write(world, PROBE, '0000:7f:1f.7')), 'ENODEV')
    },
  },
  {
    name: 'a probe of a function that is bound changes nothing',
    run: async (world) => {
      await write(world, overrideOf(world.plain), 'vfio-pci')

      assert.equal(await errnoOf(write(world, PROBE, world.plain)), 'success')
      assert.equal(await driverOf(world, world.plain), 'nvme')
    },
  },
  {
    name: 'nvme takes an offline VF, and gives it up again',
    vfs: 2,
    run: async (world, [vf = '']) => {
      await write(world, overrideOf(vf), 'nvme')

      assert.equal(await errnoOf(write(world, PROBE, vf)), 'success')

      // The link goes before the driver does what takes its controller away: Linux drivers/base/dd.c, __device_release_driver.
      const isHeld = async () =>
        (await driverOf(world, vf)) !== undefined ||
        (await exists(world, `${functionAt(vf)}/nvme`))
      const given = async () => !(await isHeld()) || undefined
      assert.ok(await eventually('nvme gives the VF up', given, 60_000))
    },
  },
  {
    name: 'nvme on an online VF makes a live controller with the queues of the VF',
    vfs: 2,
    run: async (world, [vf = '']) => {
      await provision(world, 1)

      await bindTo(world, vf, 'nvme')

      const name = await controllerOf(world, vf)
      const folder = `/sys/class/nvme/${name}`
      assert.equal(await read(world, `${folder}/cntlid`), '1\n')
      assert.equal(
        await read(world, `${folder}/queue_count`),
        '3\n',
        '2 I/O queues for 3 vectors'
      )
      assert.equal((await names(world, `${functionAt(vf)}/msi_irqs`)).length, 3)
    },
  },
]
