/** Legal and illegal orders of provisioning, with the answers that QEMU 7.2 under Debian's 6.1 gave to the same commands. */
import { expect, test } from 'vitest'
import {
  controllerIds,
  DEVICES,
  DRIVERS,
  identify,
  labMachine,
  namespaceIds,
  PF,
} from './machine-calls.ts'
import type { TestMachine } from './machine-calls.ts'

const OFFLINE = 7
const ASSIGN = 8
const ONLINE = 9
const VQ = 0
const VI = 1
const VF1 = `${PF}/virtfn0`

/** A row: what is done, and what the real one said. */
type Step = readonly [string, (m: TestMachine) => Promise<unknown>, unknown]

async function play(machine: TestMachine, steps: readonly Step[]): Promise<void> {
  for (const [what, run, said] of steps) expect(await run(machine), what).toEqual(said)
}

const WITHOUT_VFS: readonly Step[] = [
  ['online without anything', (m) => m.virt(ONLINE, 1), '0x4120'],
  ['assign VQ while VFs are off', (m) => m.virt(ASSIGN, 1, VQ, 2), '0x0'],
  ['assign VI while VFs are off', (m) => m.virt(ASSIGN, 1, VI, 1), '0x0'],
  ['online with resources, but no VF', (m) => m.virt(ONLINE, 1), '0x4120'],
  ['give VQ back', (m) => m.virt(ASSIGN, 1, VQ, 0), '0x0'],
  ['give VI back', (m) => m.virt(ASSIGN, 1, VI, 0), '0x0'],
  ['online an unknown controller', (m) => m.virt(ONLINE, 99), '0x411f'],
  ['offline an unknown controller', (m) => m.virt(OFFLINE, 99), '0x411f'],
  ['assign to an unknown controller', (m) => m.virt(ASSIGN, 99, VQ, 2), '0x411f'],
  ['online the primary itself', (m) => m.virt(ONLINE, 0), '0x411f'],
  ['offline the primary itself', (m) => m.virt(OFFLINE, 0), '0x411f'],
  ['assign to the primary itself', (m) => m.virt(ASSIGN, 0, VQ, 2), '0x411f'],
  ['an action that does not exist', (m) => m.virt(3, 1), '0x4002'],
  ['resource type 5', (m) => m.virt(ASSIGN, 1, 5, 1), '0x4122'],
  ['resource type 3', (m) => m.virt(ASSIGN, 1, 3, 1), '0x4122'],
  ['9 of 8 VFs', (m) => m.write(`${PF}/sriov_numvfs`, '9\n'), 'ERANGE'],
  ['-1 VFs', (m) => m.write(`${PF}/sriov_numvfs`, '-1\n'), 'EINVAL'],
  ['abc VFs', (m) => m.write(`${PF}/sriov_numvfs`, 'abc\n'), 'EINVAL'],
]

const TWO_VFS: readonly Step[] = [
  ['autoprobe off', (m) => m.write(`${PF}/sriov_drivers_autoprobe`, '0\n'), 'ok'],
  ['2 VFs', (m) => m.write(`${PF}/sriov_numvfs`, '2\n'), 'ok'],
  ['2 VFs are there', (m) => m.read(`${PF}/sriov_numvfs`), '2\n'],
  ['2 VFs again', (m) => m.write(`${PF}/sriov_numvfs`, '2\n'), 'ok'],
  ['3 VFs when there are 2', (m) => m.write(`${PF}/sriov_numvfs`, '3\n'), 'EBUSY'],
  ['1 VF when there are 2', (m) => m.write(`${PF}/sriov_numvfs`, '1\n'), 'EBUSY'],
  ['groups of the VFs', async (m) => (await m.list('/sys/kernel/iommu_groups')).length, 11],
]

const RESOURCES: readonly Step[] = [
  ['online without resources', (m) => m.virt(ONLINE, 1), '0x4120'],
  ['1 VQ', (m) => m.virt(ASSIGN, 1, VQ, 1), '0x0'],
  ['1 VI', (m) => m.virt(ASSIGN, 1, VI, 1), '0x0'],
  ['online with 1 VQ', (m) => m.virt(ONLINE, 1), '0x4120'],
  ['9 VQ of at most 8', (m) => m.virt(ASSIGN, 1, VQ, 9), '0x4121'],
  ['7 VI of at most 6', (m) => m.virt(ASSIGN, 1, VI, 7), '0x4121'],
  ['offline when offline', (m) => m.virt(OFFLINE, 1), '0x0'],
  ['4 VQ', (m) => m.virt(ASSIGN, 1, VQ, 4), '0x0'],
  ['3 VI', (m) => m.virt(ASSIGN, 1, VI, 3), '0x0'],
  ['8 VQ to 2', (m) => m.virt(ASSIGN, 2, VQ, 8), '0x0'],
  ['8 VQ to 3, which has no VF', (m) => m.virt(ASSIGN, 3, VQ, 8), '0x0'],
  ['8 VQ to 4', (m) => m.virt(ASSIGN, 4, VQ, 8), '0x0'],
  ['VQ assigned', (m) => assigned(m, 36), 28],
  ['8 VQ when 4 are left', (m) => m.virt(ASSIGN, 5, VQ, 8), '0x4122'],
  ['2 gives back', (m) => m.virt(ASSIGN, 2, VQ, 0), '0x0'],
  ['3 gives back', (m) => m.virt(ASSIGN, 3, VQ, 0), '0x0'],
  ['4 gives back', (m) => m.virt(ASSIGN, 4, VQ, 0), '0x0'],
  ['3 VQ to 2', (m) => m.virt(ASSIGN, 2, VQ, 3), '0x0'],
  ['2 VI to 2', (m) => m.virt(ASSIGN, 2, VI, 2), '0x0'],
  ['online', (m) => m.virt(ONLINE, 1), '0x0'],
  ['online twice', (m) => m.virt(ONLINE, 1), '0x0'],
  ['assign while online', (m) => m.virt(ASSIGN, 1, VQ, 2), '0x4120'],
  ['give back while online', (m) => m.virt(ASSIGN, 1, VQ, 0), '0x4120'],
  ['2 online', (m) => m.virt(ONLINE, 2), '0x0'],
  ['VQ assigned', (m) => assigned(m, 36), 7],
  ['VI assigned', (m) => assigned(m, 68), 5],
]

const NAMESPACES: readonly Step[] = [
  ['attach 2 to 1', (m) => m.attach(2, [1]), '0x0'],
  ['attach 3 to 2', (m) => m.attach(3, [2]), '0x0'],
  ['attach 2 to 1 again', (m) => m.attach(2, [1]), '0x4118'],
  ['attach a namespace that is not there', (m) => m.attach(9, [1]), '0x4002'],
  ['attach namespace 300 of 256', (m) => m.attach(300, [1]), '0x400b'],
  ['attach to a controller that is not there', (m) => m.attach(2, [77]), '0x411c'],
  ['attach to nobody', (m) => m.attach(2, []), '0x411c'],
  ['detach what is not attached', (m) => m.detach(4, [1]), '0x411a'],
  ['controllers', async (m) => controllerIds(await identify(m, 0x13)), [0, 1, 2]],
  ['who has 2', async (m) => controllerIds(await identify(m, 0x12, { nsid: 2 })), [1]],
  [
    'create a namespace',
    async (m) => (await m.admin('/dev/nvme0', { opcode: 0x0d })).status,
    0x4001,
  ],
]

const DISKS_OF_VF_1 = [
  'nvme0c0n1',
  'nvme0c2n1',
  'nvme0c2n2',
  'nvme0n1',
  'nvme0n2',
  'nvme1n1',
]

const BOUND_TO_NVME: readonly Step[] = [
  ['override', (m) => m.write(`${VF1}/driver_override`, 'nvme\n'), 'ok'],
  ['override reads back', (m) => m.read(`${VF1}/driver_override`), 'nvme\n'],
  ['probe', (m) => m.write('/sys/bus/pci/drivers_probe', '0000:01:00.1\n'), 'ok'],
  ['driver link', (m) => m.link(`${VF1}/driver`), '../../../../bus/pci/drivers/nvme'],
  ['disks', (m) => m.list('/sys/class/block'), DISKS_OF_VF_1],
  ['controllers', (m) => m.list('/sys/class/nvme'), ['nvme0', 'nvme1', 'nvme2']],
  ['state', (m) => m.read('/sys/class/nvme/nvme2/state'), 'live\n'],
  ['queues of 4 VQ and 3 VI', (m) => m.read('/sys/class/nvme/nvme2/queue_count'), '3\n'],
  ['cntlid', (m) => m.read('/sys/class/nvme/nvme2/cntlid'), '1\n'],
  ['address', (m) => m.read('/sys/class/nvme/nvme2/address'), '0000:01:00.1\n'],
  [
    'namespaces of the VF',
    async (m) => namespaceIds(await identify(m, 0x02, { device: '/dev/nvme2' })),
    [1, 2],
  ],
  ['vectors', async (m) => (await m.list(`${VF1}/msi_irqs`)).length, 3],
  ['assign while bound', (m) => m.virt(ASSIGN, 1, VQ, 2), '0x4120'],
  ['detach 2 from 1', (m) => m.detach(2, [1]), '0x0'],
  [
    'its disks are gone',
    (m) => m.list('/sys/class/block'),
    ['nvme0c0n1', 'nvme0c2n1', 'nvme0n1', 'nvme1n1'],
  ],
  ['attach 2 to 1', (m) => m.attach(2, [1]), '0x0'],
  ['its disks are back', (m) => m.list('/sys/class/block'), DISKS_OF_VF_1],
  ['1 VF when there are 2', (m) => m.write(`${PF}/sriov_numvfs`, '1\n'), 'EBUSY'],
  [
    'bind to vfio-pci with override nvme',
    (m) => m.write(`${DRIVERS}/vfio-pci/bind`, '0000:01:00.1\n'),
    'ENODEV',
  ],
  ['override vfio-pci', (m) => m.write(`${VF1}/driver_override`, 'vfio-pci\n'), 'ok'],
  [
    'bind when nvme has it',
    (m) => m.write(`${DRIVERS}/vfio-pci/bind`, '0000:01:00.1\n'),
    'EBUSY',
  ],
]

const BOUND_TO_VFIO: readonly Step[] = [
  ['unbind', (m) => m.write(`${DRIVERS}/nvme/unbind`, '0000:01:00.1\n'), 'ok'],
  ['unbind twice', (m) => m.write(`${DRIVERS}/nvme/unbind`, '0000:01:00.1\n'), 'ENODEV'],
  ['no group node', (m) => m.list('/dev/vfio'), ['vfio']],
  ['probe', (m) => m.write('/sys/bus/pci/drivers_probe', '0000:01:00.1\n'), 'ok'],
  ['driver link', (m) => m.link(`${VF1}/driver`), '../../../../bus/pci/drivers/vfio-pci'],
  ['group link', (m) => m.link(`${VF1}/iommu_group`), '../../../../kernel/iommu_groups/9'],
  ['group node', (m) => m.list('/dev/vfio'), ['9', 'vfio']],
  ['power', (m) => m.read(`${VF1}/power_state`), 'D3hot\n'],
  ['group type', (m) => m.read(`${VF1}/iommu_group/type`), 'DMA\n'],
  ['still online', async (m) => (await identify(m, 0x15))[32 + 4], 1],
]

const ALL_OFF: readonly Step[] = [
  ['no VFs', (m) => m.write(`${PF}/sriov_numvfs`, '0\n'), 'ok'],
  ['the VFs are gone', (m) => m.exists(`${DEVICES}/0000:01:00.1`), false],
  ['group node gone', (m) => m.list('/dev/vfio'), ['vfio']],
  ['VQ assigned', (m) => assigned(m, 36), 0],
  ['VI assigned', (m) => assigned(m, 68), 0],
  ['offline', async (m) => (await identify(m, 0x15))[32 + 4], 0],
  ['controllers', async (m) => controllerIds(await identify(m, 0x13)), [0]],
  ['who has 2', async (m) => controllerIds(await identify(m, 0x12, { nsid: 2 })), []],
  ['2 VFs', (m) => m.write(`${PF}/sriov_numvfs`, '2\n'), 'ok'],
  [
    'attachments are lost',
    async (m) => controllerIds(await identify(m, 0x12, { nsid: 2 })),
    [],
  ],
  [
    'default ones are back',
    async (m) => controllerIds(await identify(m, 0x12, { nsid: 1 })),
    [0, 1, 2],
  ],
  ['override is gone', (m) => m.read(`${VF1}/driver_override`), '(null)\n'],
  ['detach what is lost', (m) => m.detach(2, [1]), '0x411a'],
]

test('every order of the lab gets the answers that the lab gave', async () => {
  const machine = await labMachine()

  await play(machine, [
    ...WITHOUT_VFS,
    ...TWO_VFS,
    ...RESOURCES,
    ...NAMESPACES,
    ...BOUND_TO_NVME,
    ...BOUND_TO_VFIO,
    ...ALL_OFF,
  ])
})

test('an un-provisioned VF is bound, found dead and let go again', async () => {
  const machine = await labMachine()

  await play(machine, [
    ['1 VF with autoprobe', (m) => m.write(`${PF}/sriov_numvfs`, '1\n'), 'ok'],
    ['no driver', (m) => m.exists(`${VF1}/driver`), false],
    ['no controller', (m) => m.list('/sys/class/nvme'), ['nvme0', 'nvme1']],
    ['bind by hand', (m) => m.write(`${DRIVERS}/nvme/bind`, '0000:01:00.1\n'), 'ok'],
    ['no driver', (m) => m.exists(`${VF1}/driver`), false],
  ])
})

test('a whole controller goes to vfio-pci and back', async () => {
  const machine = await labMachine()
  const plain = `${DEVICES}/0000:02:00.0`

  await play(machine, [
    ['override', (m) => m.write(`${plain}/driver_override`, 'vfio-pci\n'), 'ok'],
    ['unbind', (m) => m.write(`${DRIVERS}/nvme/unbind`, '0000:02:00.0\n'), 'ok'],
    ['controllers', (m) => m.list('/sys/class/nvme'), ['nvme0']],
    ['probe', (m) => m.write('/sys/bus/pci/drivers_probe', '0000:02:00.0\n'), 'ok'],
    ['group', (m) => m.list('/dev/vfio'), ['8', 'vfio']],
    ['clear', (m) => m.write(`${plain}/driver_override`, '\n'), 'ok'],
    ['cleared', (m) => m.read(`${plain}/driver_override`), '(null)\n'],
    ['unbind', (m) => m.write(`${DRIVERS}/vfio-pci/unbind`, '0000:02:00.0\n'), 'ok'],
    ['probe', (m) => m.write('/sys/bus/pci/drivers_probe', '0000:02:00.0\n'), 'ok'],
    ['controllers', (m) => m.list('/sys/class/nvme'), ['nvme0', 'nvme1']],
    ['disks', (m) => m.list('/sys/class/block'), ['nvme0c0n1', 'nvme0n1', 'nvme1n1']],
  ])
})

test('new_id grabs every unbound function of that id', async () => {
  const machine = await labMachine()

  await play(machine, [
    ['unbind', (m) => m.write(`${DRIVERS}/nvme/unbind`, '0000:02:00.0\n'), 'ok'],
    ['new_id', (m) => m.write(`${DRIVERS}/vfio-pci/new_id`, '1b36 0010\n'), 'ok'],
    ['grabbed', (m) => m.exists(`${DRIVERS}/vfio-pci/0000:02:00.0`), true],
    ['new_id twice', (m) => m.write(`${DRIVERS}/vfio-pci/new_id`, '1b36 0010\n'), 'EEXIST'],
    ['half an id', (m) => m.write(`${DRIVERS}/vfio-pci/new_id`, '1b36\n'), 'EINVAL'],
    ['remove_id', (m) => m.write(`${DRIVERS}/vfio-pci/remove_id`, '1b36 0010\n'), 'ok'],
    [
      'remove_id twice',
      (m) => m.write(`${DRIVERS}/vfio-pci/remove_id`, '1b36 0010\n'),
      'ENODEV',
    ],
    ['unbind', (m) => m.write(`${DRIVERS}/vfio-pci/unbind`, '0000:02:00.0\n'), 'ok'],
    ['bind', (m) => m.write(`${DRIVERS}/nvme/bind`, '0000:02:00.0\n'), 'ok'],
  ])
})

test('the primary gets its flexible resources by a reset other than a Controller Reset', async () => {
  const machine = await labMachine()

  await play(machine, [
    ['4 VQ for the primary', (m) => m.virt(1, 0, VQ, 4), '0x0'],
    ['of another controller', (m) => m.virt(1, 1, VQ, 4), '0x411f'],
    ['33 of 32', (m) => m.virt(1, 0, VQ, 33), '0x4121'],
    ['2 assigned', (m) => m.virt(ASSIGN, 1, VQ, 2), '0x0'],
    ['31 when 2 are assigned', (m) => m.virt(1, 0, VQ, 31), '0x4122'],
    ['not yet', (m) => allocated(m), 0],
    [
      'Controller Reset',
      (m) => m.write('/sys/class/nvme/nvme0/reset_controller', '1\n'),
      'ok',
    ],
    ['still not', (m) => allocated(m), 0],
    ['FLR', (m) => m.write(`${PF}/reset`, '1\n'), 'ok'],
    ['now', (m) => allocated(m), 4],
  ])
})

/** VQRFA or VIRFA of the primary. */
async function assigned(machine: TestMachine, offset: number): Promise<number> {
  return (await identify(machine, 0x14)).readUInt32LE(offset)
}

/** VQRFAP. */
async function allocated(machine: TestMachine): Promise<number> {
  return (await identify(machine, 0x14)).readUInt16LE(40)
}
