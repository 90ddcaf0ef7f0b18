/** What plans are made for besides the contract's scenarios: other drives, and functions that were left half-way. */
import { DEMO } from '../../src/access/caller.ts'
import type { DeviceName } from '../../src/emulator/devices/device-policy.ts'
import { OPCODE } from '../../src/nvme/admin-commands.ts'
import { dualController } from '../support/dual-controller.ts'
import { labWith } from '../support/lab-with.ts'
import type { Scenario } from '../support/scenario.ts'
import { assigningFirst, FEW } from './direct-world.ts'
import { onlyAssignment, withPlainDrive } from './scenarios.ts'
import {
  controllerAt,
  done,
  PLAIN,
  provision,
  resize,
  virtualFunctionOf,
  type World,
} from './world.ts'

const TWO_VFS = [
  { ioQueuePairs: 2, nsids: [3, 4] },
  { ioQueuePairs: 1, nsids: [] },
]

/** Each attaches namespaces in its own way. */
export const PLANNED_TOO: Readonly<Record<string, Scenario>> = {
  ...onDevice('qemu-7.2'),
  ...onDevice('qemu-10'),
  ...onDevice('specification'),
  ...onDevice('pm1733'),
  'releasing a controller again, of which not all could be overwritten': {
    description: withPlainDrive({ device: 'plain' }),
    prepare: leaveHalfOverwritten,
    start: (world) => world.workflows.release(DEMO, onlyAssignment(world).id, {}),
  },
  'releasing a controller that has a chosen namespace beside the one that speaks for it': {
    description: dualController(FEW),
    prepare: leaveHalfUndone,
    start: (world) => world.workflows.release(DEMO, onlyAssignment(world).id, {}),
  },
}

function onDevice(device: DeviceName): Readonly<Record<string, Scenario>> {
  const description = labWith(device)
  const pooled = async (world: World) => {
    if (device === 'pm1733') await done(world, resize(world, { vq: 0, vi: 0 }))
  }
  const provisioned = async (world: World) => {
    await pooled(world)
    await done(world, provision(world, TWO_VFS, 'nvme'))
  }
  return {
    [`provisioning two VFs for the host’s driver, on ${device}`]: {
      description,
      prepare: pooled,
      start: (world) => provision(world, TWO_VFS, 'nvme'),
    },
    [`retiring one of two VFs, on ${device}`]: {
      description,
      prepare: provisioned,
      start: (world) => world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id),
    },
    [`releasing a VF that has two namespaces, on ${device}`]: {
      description,
      prepare: async (world) => {
        await pooled(world)
        await done(world, provision(world, TWO_VFS))
        const virtualFunctionId = virtualFunctionOf(world, 1).id
        const accept = ['not-tenant-safe'] as const
        const request = { virtualFunctionId, consumer: 'vm', accept }
        await done(world, world.workflows.assign(DEMO, request))
      },
      start: (world) => world.workflows.release(DEMO, onlyAssignment(world).id, {}),
    },
  }
}

async function leaveHalfOverwritten(world: World): Promise<void> {
  const { workflows, machine, inventory, hostId } = world
  const controllerId = controllerAt(world, PLAIN).id
  await done(world, workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  const { id } = machine.faults.arm({
    match: { call: 'writeZeroes' },
    kind: { fault: 'errno', errno: 'EIO' },
  })
  await world.end(await workflows.release(DEMO, onlyAssignment(world).id, {}))
  machine.faults.takeBack(id, 'with-effect')
  await inventory.rescan(DEMO, hostId)
}

/** Back with the host's driver, and 3 where it was, but not detached from the one that was to have it. */
async function leaveHalfUndone(world: World): Promise<void> {
  const { machine, inventory, hostId } = world
  const { cancelled } = await assigningFirst(world, [3])
  const { id } = machine.faults.arm({
    match: { call: 'admin', opcode: OPCODE.namespaceAttachment, nsid: 3, cdw10: 1 },
    kind: { fault: 'status', status: 0x006 },
  })
  await cancelled()
  machine.faults.takeBack(id, 'with-effect')
  await inventory.rescan(DEMO, hostId)
}
