/** Who uses a function's group, and the disks of its namespaces. */
import { expect, test } from 'vitest'
import { answerTo, bindTo, capturedHost, pf, plain, vf1 } from './captured-host.ts'
import { VF1 } from './captured-machine.ts'

test('a VFIO group opens while nobody has it', async () => {
  const world = capturedHost()
  bindTo(world.machine, VF1, 'vfio-pci')

  expect(await answerTo(world, { read: 'vfioGroup', fn: vf1 })).toEqual({
    path: '/dev/vfio/9',
    viable: true,
    held: false,
    holders: [],
  })
})

test('a VFIO group that opens for nobody is held, though nobody is seen', async () => {
  const world = capturedHost()
  bindTo(world.machine, VF1, 'vfio-pci')
  world.machine.busy.add('/dev/vfio/9')

  expect(await answerTo(world, { read: 'vfioGroup', fn: vf1 })).toMatchObject({
    held: true,
    holders: [],
  })
})

test('a guest that has a function by its own node holds the group', async () => {
  const world = capturedHost()
  bindTo(world.machine, VF1, 'vfio-pci')
  world.machine.files.text(`/sys/bus/pci/devices/${VF1}/vfio-dev/vfio3/dev`, '510:3')
  world.machine.holders.set('/dev/vfio/devices/vfio3', [{ pid: 4711, command: 'qemu' }])

  expect(await answerTo(world, { read: 'vfioGroup', fn: vf1 })).toMatchObject({
    held: true,
    holders: [{ pid: 4711, command: 'qemu' }],
  })
})

test('a VFIO group that a guest has names the guest', async () => {
  const world = capturedHost()
  bindTo(world.machine, VF1, 'vfio-pci')
  world.machine.holders.set('/dev/vfio/9', [{ pid: 4711, command: 'qemu' }])

  expect(await answerTo(world, { read: 'vfioGroup', fn: vf1 })).toEqual({
    path: '/dev/vfio/9',
    viable: true,
    held: true,
    holders: [{ pid: 4711, command: 'qemu' }],
  })
})

test('without vfio-pci there is no group to open', async () => {
  const { host } = capturedHost()

  await expect(host.ask({ read: 'vfioGroup', fn: vf1 })).rejects.toMatchObject({
    failure: { kind: 'gone', what: '/dev/vfio/9' },
  })
})

test('usage tells mounts of the asked namespaces only', async () => {
  const world = capturedHost()
  world.machine.files.text(
    '/proc/1/mountinfo',
    '30 1 259:1 / /data rw - ext4 /dev/nvme0n1 rw'
  )

  const all = await answerTo(world, { read: 'usage', fn: pf })
  const ofVf = await answerTo(world, { read: 'usage', fn: vf1, nsids: [1] })
  const others = await answerTo(world, { read: 'usage', fn: vf1, nsids: [2, 3] })
  const ofPlain = await answerTo(world, { read: 'usage', fn: plain })

  const mount = { nsid: 1, disk: 'nvme0n1', use: 'mount', by: '/data' }
  expect(all.uses).toEqual([mount])
  expect(ofVf.uses).toEqual([mount])
  expect(others.uses).toEqual([])
  expect(ofPlain.uses).toEqual([])
})

test('a loop device and an NVMe target have a disk open that is not among their links', async () => {
  const world = capturedHost()
  const { files } = world.machine
  const target = '/sys/kernel/config/nvmet/subsystems/nqn.a/namespaces/1'
  files.text('/sys/block/loop4/loop/backing_file', '/dev/nvme1n1\n')
  files.text('/sys/block/loop5/loop/backing_file', '/srv/image\n')
  files.link('/dev/disk/by-id/nvme-b', '../../nvme0n1')
  files.text(`${target}/enable`, '1\n')
  files.text(`${target}/device_path`, '/dev/disk/by-id/nvme-b\n')

  const ofPlain = await answerTo(world, { read: 'usage', fn: plain })
  const ofVf = await answerTo(world, { read: 'usage', fn: vf1, nsids: [1] })

  expect(ofPlain.uses).toEqual([{ nsid: 1, disk: 'nvme1n1', use: 'holder', by: 'loop4' }])
  expect(ofVf.uses).toEqual([
    { nsid: 1, disk: 'nvme0n1', use: 'holder', by: 'the NVMe target nqn.a' },
  ])
})

test('an NVMe target that passes a controller through has all of its disks open, and no other', async () => {
  const world = capturedHost()
  const { files } = world.machine
  const target = '/sys/kernel/config/nvmet/subsystems/nqn.a'
  files.text('/sys/class/nvme-subsystem/nvme-subsys0/nvme0n2/nsid', '2\n')
  files.text(`${target}/passthru/device_path`, '/dev/nvme0\n')
  files.text(`${target}/passthru/enable`, '0\n')

  const before = await answerTo(world, { read: 'usage', fn: pf })
  files.text(`${target}/passthru/enable`, '1\n')
  const ofPf = await answerTo(world, { read: 'usage', fn: pf })
  files.text(`${target}/passthru/device_path`, '/dev/nvme1\n')
  const ofPlain = await answerTo(world, { read: 'usage', fn: plain })
  const by = 'the NVMe target nqn.a'

  expect(before.uses).toEqual([])
  expect(ofPf.uses).toEqual([{ nsid: 1, disk: 'nvme0n1', use: 'holder', by }])
  expect(ofPlain.uses).toEqual([{ nsid: 1, disk: 'nvme1n1', use: 'holder', by }])
})

test('what nvirt holds itself is told as its own', async () => {
  const world = capturedHost()
  const lane = { pid: 77, command: 'nvirt-lane 0000', ours: true } as const
  world.machine.holders.set('/dev/nvme1n1', [lane])

  expect((await answerTo(world, { read: 'usage', fn: plain })).uses).toMatchObject([
    { use: 'exclusive-open', ours: true },
  ])
})

test('whoever has a disk open beside nvirt is told as well', async () => {
  const world = capturedHost()
  const lane = { pid: 77, command: 'nvirt-lane 0000', ours: true } as const
  const guest = { pid: 4711, command: 'qemu' }
  world.machine.holders.set('/dev/nvme1n1', [lane, guest])

  const asked = answerTo(world, { read: 'usage', fn: plain })
  await world.clock.advance(1_000)

  expect((await asked).uses).toMatchObject([
    { use: 'exclusive-open', ours: true },
    { use: 'open', by: 'qemu (4711)' },
  ])
})

test('all disks are looked for among the processes at once, and all openers waited for together', async () => {
  const world = capturedHost()
  const { holders } = world.machine
  await answerTo(world, { read: 'usage', fn: pf })
  const quiet = world.machine.searches
  for (const disk of ['nvme0n1', 'nvme0n2', 'nvme0n3'])
    holders.set(`/dev/ng${disk.slice(4)}`, [{ pid: 4711, command: 'spdk' }])

  const asked = answerTo(world, { read: 'usage', fn: pf })
  await world.clock.advance(1_000)
  await asked

  expect(quiet).toBe(1)
  expect(world.machine.searches - quiet).toBeLessThanOrEqual(10)
})

test('of NVMe targets that cannot be listed just now nothing is guessed', async () => {
  const world = capturedHost()
  world.machine.files.text('/sys/kernel/config/nvmet/subsystems/nqn.a/allow', '')
  world.machine.before = (call) =>
    'path' in call && call.path.startsWith('/sys/kernel/config/')
      ? new Promise<void>(() => {})
      : Promise.resolve()

  const asked = world.host.ask({ read: 'usage', fn: plain })
  asked.catch(() => {})
  await world.clock.advance(6_000)

  await expect(asked).rejects.toMatchObject({
    failure: { kind: 'kernel-refused', errno: 'ETIMEDOUT' },
  })
})

test('a disk is in use by whoever has its character device open', async () => {
  const world = capturedHost()
  world.machine.holders.set('/dev/ng1n1', [{ pid: 77, command: 'spdk' }])

  const asked = answerTo(world, { read: 'usage', fn: plain })
  await world.clock.advance(1_000)

  expect((await asked).uses).toEqual([
    { nsid: 1, disk: 'nvme1n1', use: 'open', by: 'spdk (77)' },
  ])
})

test('an exclusive opener is told, unless a mount already explains it', async () => {
  const world = capturedHost()
  world.machine.holders.set('/dev/nvme1n1', [{ pid: 77, command: 'mkfs.ext4' }])

  const open = await answerTo(world, { read: 'usage', fn: plain })
  world.machine.files.text(
    '/proc/1/mountinfo',
    '30 1 259:2 / /data rw - ext4 /dev/nvme1n1 rw'
  )
  const mounted = await answerTo(world, { read: 'usage', fn: plain })

  expect(open.uses).toEqual([
    { nsid: 1, disk: 'nvme1n1', use: 'exclusive-open', by: 'mkfs.ext4 (77)' },
  ])
  expect(mounted.uses.map(({ use }) => use)).toEqual(['mount'])
})
