/**
 * Attachments of namespaces.
 *
 * Source: NVMe Base 2.1, "Namespace Attachment command"; QEMU 7.2 hw/nvme/ctrl.c nvme_ns_attachment; Linux
 * drivers/nvme/host/core.c nvme_scan_work.
 */
import assert from 'node:assert/strict'
import { eventually } from '../../support/eventually.ts'
import { names, read, write } from '../asking.ts'
import { bindTo, controllerOf, enableVfs, functionAt } from '../machine.ts'
import {
  STATUS,
  activeNamespaces,
  attachedTo,
  attachment,
  identify,
  primaryDevice,
  provision,
} from '../nvme-asking.ts'
import type { ContractCase, KernelWorld } from '../world.ts'

export const NAMESPACE_CASES: readonly ContractCase[] = [
  {
    name: 'a namespace attached at start is attached to each VF as it appears',
    run: async (world) => {
      const { attachedNsid } = world.expectations

      assert.deepEqual(await attachedTo(world, attachedNsid), [0])
      await enableVfs(world, 2)
      assert.deepEqual(await attachedTo(world, attachedNsid), [0, 1, 2])
    },
  },
  {
    name: 'attaching and detaching twice are refused, and so are strangers',
    vfs: 2,
    run: async (world) => {
      const [nsid = 0] = world.expectations.detachedNsids

      assert.equal(await attachment(world, 'attach', nsid, [1]), 0)
      assert.deepEqual(await attachedTo(world, nsid), [1])
      assert.equal(await attachment(world, 'attach', nsid, [1]), STATUS.alreadyAttached)
      assert.equal(await attachment(world, 'detach', nsid, [1]), 0)
      assert.equal(await attachment(world, 'detach', nsid, [1]), STATUS.notAttached)
      assert.equal(await attachment(world, 'attach', 77, [1]), STATUS.invalidField)
      assert.equal(
        await attachment(world, 'attach', nsid, [77]),
        STATUS.controllerListInvalid
      )
      assert.equal(
        await attachment(world, 'attach', nsid, []),
        STATUS.controllerListInvalid
      )
    },
  },
  {
    name: 'a shared namespace may be attached to several controllers in one command',
    vfs: 2,
    run: async (world) => {
      const [nsid = 0] = world.expectations.detachedNsids

      assert.equal(await attachment(world, 'attach', nsid, [1, 2]), 0)
      assert.deepEqual(await attachedTo(world, nsid), [1, 2])
    },
  },
  {
    name: 'disabling the VFs drops their attachments',
    run: async (world) => {
      const [nsid = 0] = world.expectations.detachedNsids
      await enableVfs(world, 1)
      await attachment(world, 'attach', nsid, [1])

      await write(world, `${functionAt(world.pf)}/sriov_numvfs`, '0')
      await enableVfs(world, 1)

      assert.deepEqual(await attachedTo(world, nsid), [])
    },
  },
  {
    name: 'a bound VF sees what is attached to it, and its disks come and go with that',
    run: async (world) => {
      // VFs of its own: QEMU announces a change to a namespace once until the list of changes has been read, and one that
      // was attached and detached while no driver listened is never announced again (nvme_ns_attachment, changed_nsids).
      const [vf = ''] = await enableVfs(world, 1)
      const [nsid = 0] = world.expectations.detachedNsids
      const { attachedNsid } = world.expectations
      await provision(world, 1)
      await bindTo(world, vf, 'nvme')
      const device = `/dev/${await controllerOf(world, vf)}`

      await untilDisksAre(world, vf, [attachedNsid])
      assert.equal(await attachment(world, 'attach', nsid, [1]), 0)
      assert.deepEqual(await activeNamespaces(world, device), [attachedNsid, nsid])
      await untilDisksAre(world, vf, [attachedNsid, nsid])
      assert.equal(await attachment(world, 'detach', attachedNsid, [1]), 0)
      assert.deepEqual(await activeNamespaces(world, device), [nsid])
      await untilDisksAre(world, vf, [nsid])
    },
  },
  {
    name: 'an Identify page that does not exist is an invalid field',
    run: async (world) => {
      const { status } = await identify(world, await primaryDevice(world), 0xff)

      assert.equal(status, STATUS.invalidField)
    },
  },
]

/** An emulated machine takes its time between the drive's event and the scan that it asks for. */
const DISKS_WITHIN_MS = 30_000

/** Waits until the function has exactly one disk for each nsid. */
async function untilDisksAre(
  world: KernelWorld,
  address: string,
  nsids: readonly number[]
): Promise<void> {
  const wanted = nsids.join()
  const areThere = async () =>
    (await nsidsOfDisks(world, address)).join() === wanted || undefined
  await eventually(`${address} has disks of ${wanted}`, areThere, DISKS_WITHIN_MS)
}

async function nsidsOfDisks(
  world: KernelWorld,
  address: string
): Promise<readonly number[]> {
  const folder = `${functionAt(address)}/nvme/${await controllerOf(world, address)}`
  const disks = (await names(world, folder)).filter((name) =>
    /^nvme\d+(c\d+)?n\d+$/.test(name)
  )
  const texts = await Promise.all(
    disks.map((disk) => read(world, `/sys/block/${disk}/nsid`))
  )
  return texts.map(Number).sort((a, b) => a - b)
}
