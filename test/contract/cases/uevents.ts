/** Uevents. Source: Linux lib/kobject_uevent.c, drivers/pci/iov.c, drivers/base/dd.c. */
import assert from 'node:assert/strict'
import type { Uevent } from '../../../src/kernel/kernel.ts'
import { eventually } from '../../support/eventually.ts'
import { write } from '../asking.ts'
import { bindTo, enableVfs, functionAt } from '../machine.ts'
import type { ContractCase } from '../world.ts'

export const UEVENT_CASES: readonly ContractCase[] = [
  {
    name: 'VFs that come, are bound and go are heard of, until nobody listens',
    run: async (world) => {
      const heard: Uevent[] = []
      const stop = await world.kernel.watchUevents((uevent) => heard.push(uevent))
      const until = (action: string, address: string) =>
        eventually(`${action} of ${address}`, () =>
          heard.find((one) => one.action === action && one.devpath.endsWith(`/${address}`))
        )

      const [a = '', b = ''] = await enableVfs(world, 2)
      for (const address of [a, b]) {
        const added = await until('add', address)
        assert.equal(added.subsystem, 'pci')
        assert.equal(added.properties['PCI_SLOT_NAME'], address)
      }
      await until('change', world.pf)
      await bindTo(world, a, 'vfio-pci')
      assert.equal((await until('bind', a)).properties['DRIVER'], 'vfio-pci')
      await write(world, `${functionAt(world.pf)}/sriov_numvfs`, '0')
      await until('unbind', a)
      await until('remove', b)

      await stop()
      const before = heard.length
      await enableVfs(world, 1)
      assert.equal(heard.length, before)
    },
  },
]
