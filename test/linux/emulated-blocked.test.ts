import { expect, test } from 'vitest'
import { pf, plain, vf1, vf2 } from './captured-host.ts'
import { applied, appliedAll, emulatedHost, PROVISION } from './emulated-host.ts'

/** Everything provisioned, and a guest on the second VF. */
async function withGuest() {
  const world = await emulatedHost()
  await appliedAll(world, PROVISION)
  const reply = await world.host.ask({ read: 'vfioGroup', fn: vf2 })
  if (!reply.answered) throw new Error('nothing hangs yet')
  const { path } = reply.answer
  const letGo = world.machine.holdVfioGroup(Number(path.split('/').at(-1)), 'qemu')
  return { world, letGo, path }
}

test('disabling VFs while a guest has one is blocked by the guest, until it goes', async () => {
  const { world, letGo, path } = await withGuest()
  const disable = { change: 'setVfCount', pf, count: 0 } as const

  const first = await applied(world, disable)
  const scan = await world.host.scan()
  const elsewhere = await applied(world, {
    change: 'setOverride',
    fn: plain,
    driver: 'none',
  })
  letGo()
  await world.clock.advance(1)
  const last = await applied(world, disable)

  expect(first).toMatchObject({
    outcome: 'blocked',
    blocked: { holders: [{ command: 'qemu', holds: path }] },
  })
  const primary = scan.functions.find(({ address }) => address === pf)
  expect(primary).toMatchObject({ binding: null, sriov: null })
  expect(primary?.blocked).toContain(`holds ${path}`)
  expect(scan.functions.at(-1)).toMatchObject({ address: plain, blocked: null })
  expect(elsewhere.outcome).toBe('done')
  expect(last).toEqual({ outcome: 'done', writes: [] })
  expect(world.machine.snapshot().primaries[pf]?.vfCount).toBe(0)
})

test('unbinding a function that a guest has is blocked by that guest only', async () => {
  const { world, letGo, path } = await withGuest()

  const blocked = await applied(world, { change: 'unbind', fn: vf2 })
  letGo()
  await world.clock.advance(1)
  const again = await applied(world, { change: 'unbind', fn: vf2 })

  expect(blocked).toMatchObject({ blocked: { holders: [{ holds: path }] } })
  expect(again).toEqual({ outcome: 'done', writes: [] })
  expect(world.machine.snapshot().functions[vf2]?.driver).toBeNull()
})

test('a group that a guest has open still answers whose it is', async () => {
  const { world, path } = await withGuest()

  const reply = await world.host.ask({ read: 'vfioGroup', fn: vf2 })

  expect(reply).toMatchObject({
    answered: true,
    answer: { path, viable: true, holders: [{ command: 'qemu' }] },
  })
})

test('a mount is found through the VF that has the namespace', async () => {
  const { world } = await withGuest()
  const { namespaces } = await world.host.scan()
  const disk = namespaces.find(({ nsid }) => nsid === 2)?.disks[0] ?? ''
  world.machine.mount(disk, '/srv/data')

  const mounted = await world.host.ask({ read: 'usage', fn: vf1, nsids: [2] })
  const other = await world.host.ask({ read: 'usage', fn: vf1, nsids: [3] })

  expect(mounted).toMatchObject({
    answer: { uses: [{ nsid: 2, disk, use: 'mount', by: '/srv/data' }] },
  })
  expect(other).toMatchObject({ answer: { uses: [] } })
})
