/** What somebody else does to VFs that are declared: waited for, told, and where nobody uses them put right. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { MOST_ATTEMPTS } from '../../src/workflows/caretaker/attempts.ts'
import { byHand, diskNow, giveFive } from './by-hand.ts'
import {
  converged,
  declare,
  shown,
  sizes,
  tended,
  TWO,
  until,
  waitsOf,
} from './declared-world.ts'
import {
  bindByHand,
  controllerAt,
  done,
  namespaceIds,
  PF,
  virtualFunctionOf,
  write,
} from './world.ts'

const VF1 = '0000:01:00.1'
const LONG_MS = 120_000

test('a VF that somebody bound is drift as long as it is to stay, and waited for when it is to go', async () => {
  const world = await tended()
  await declare(world, TWO)
  await converged(world)

  await bindByHand(world, VF1, 'vfio-pci')
  await world.clock.advance(LONG_MS)
  const staying = waitsOf(world)
  await declare(world, { ...TWO, count: 0 })
  await world.clock.advance(LONG_MS)
  const going = waitsOf(world)
  await write(world.machine, '/sys/bus/pci/drivers/vfio-pci/unbind', VF1)
  await converged(world)

  expect(staying).toEqual([
    ['waiting', 'VF 1 is not what it was given any more: driver-changed'],
    ['as-declared', null],
  ])
  expect(going).toEqual([['waiting', 'somebody bound VF 1 to vfio-pci']])
})

test('a VF that somebody gave other resources is provisioned again', async () => {
  const world = await tended()
  await declare(world, TWO)
  await converged(world)

  await giveFive(world)
  const found = sizes(world)[0]
  await converged(world)

  expect(found).toEqual([1, 5, 2])
  expect(sizes(world)).toEqual([
    [1, 3, 2],
    [2, 3, 2],
  ])
})

test('a VF that cannot be brought back as it was is retired as soon as it is to be another', async () => {
  const world = await tended()
  const { hostId, workflows } = world
  await declare(world, { ...TWO, count: 1, namespaceIds: [namespaceIds(world, [2])] })
  await converged(world)
  await workflows.setDriftPolicy(DEMO, hostId, 'heal')
  const of = { pf: pciAddress(PF), nsid: 2 }
  await byHand(world, {
    change: 'detachNamespace',
    ...of,
    cntlid: virtualFunctionOf(world, 1).cntlid,
  })
  await byHand(world, { change: 'attachNamespace', ...of, cntlid: 0 })
  world.machine.mount(await diskNow(world, 2), '/srv/precious')

  await world.inventory.rescan(DEMO, hostId)
  await world.clock.advance(800_000)
  const tried = world.store.read.healingOf(hostId).map(({ attempts }) => attempts)
  await declare(world, { ...TWO, count: 1 })
  await converged(world)

  expect(tried).toEqual([MOST_ATTEMPTS])
  expect(shown(world).virtualFunctions).toMatchObject([{ desired: { namespaceIds: [] } }])
})

test('where somebody enabled fewer VFs than are declared, the others wait', async () => {
  const world = await tended()
  await write(world.machine, `/sys/bus/pci/devices/${PF}/sriov_numvfs`, '2')
  await world.inventory.rescan(DEMO, world.hostId)

  await declare(world, { ...TWO, count: 3 })
  await world.clock.advance(LONG_MS)

  expect(waitsOf(world)).toEqual([
    ['as-declared', null],
    ['as-declared', null],
    ['waiting', expect.stringContaining('only 2 VFs are enabled')],
  ])
})

test('a VF of another tenant is left to him', async () => {
  const world = await tended()
  const other = { ...DEMO, tenant: 'other' }
  const controllerId = controllerAt(world, PF).id
  const vf = { ioQueuePairs: 1, namespaceIds: namespaceIds(world, [2]) }
  const request = { virtualFunctions: [vf] }
  await done(world, world.workflows.provision(other, controllerId, request))

  await declare(world, { count: 2, vq: {}, vi: { each: 2 } })
  await world.clock.advance(LONG_MS)

  expect(waitsOf(world)).toEqual([
    ['waiting', 'VF 1 belongs to another tenant'],
    ['as-declared', null],
  ])
  expect(sizes(world)[0]).toEqual([1, 2, 2])
  const own = shown(world).virtualFunctions.map(({ desired }) => desired?.vq)
  expect(own).toEqual([8, 8])
})

test('a VF whose retiring stuck is waited for, and provisioned once it was retired again', async () => {
  const world = await tended()
  await declare(world, { ...TWO, count: 1 })
  await converged(world)
  const match = { call: 'write', path: '**/sriov_numvfs' } as const
  const mend = world.machine.faults.add({ match, kind: { fault: 'errno', errno: 'EIO' } })

  await declare(world, { ...TWO, count: 1, vq: { each: 4 } })
  await until(world, 'quarantined', () => waitsOf(world)[0]?.[0] === 'waiting')
  const [waiting] = shown(world).virtualFunctions
  mend()
  await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id))
  await converged(world)

  expect(waiting).toMatchObject({
    reason: expect.stringMatching(/^VF 1 is quarantined: it could not be retired: /),
    remedy: 'Retire it again.',
  })
  expect(sizes(world)).toEqual([[1, 4, 2]])
})
