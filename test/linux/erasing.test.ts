/** Erasing one namespace through the driver, on the emulator. */
import { expect, test } from 'vitest'
import type { HostChange } from '../../src/host/change.ts'
import { failureOf, plain } from './captured-host.ts'
import { applied, emulatedHost, type EmulatedHost } from './emulated-host.ts'

const MARKERS = { token: 'operation', blocks: [0, 9, 131071], blockBytes: 512 }
const ON = { fn: plain, nsid: 1 } as const
const MARK: HostChange = { ...ON, change: 'writeMarkers', markers: MARKERS }
const FORMAT: HostChange = {
  ...ON,
  change: 'formatNamespace',
  secureErase: 'user-data',
  markers: MARKERS,
}

async function markersOn({ host }: EmulatedHost) {
  const reply = await host.ask({ read: 'markers', ...ON, markers: MARKERS })
  if (!reply.answered) throw new Error('it is blocked')
  return reply.answer
}

test('markers are read until a format, which is sent again after new ones, since none proves no end', async () => {
  const world = await emulatedHost()

  await applied(world, MARK)
  const before = await markersOn(world)
  const sent = await applied(world, FORMAT)
  const again = await applied(world, FORMAT)

  expect(before).toEqual({ marked: [0, 9, 131071], written: [0, 9, 131071] })
  const format = 'format namespace 1 with user data erase through /dev/nvme1'
  expect(sent).toEqual({ outcome: 'done', writes: [format] })
  const marks = [0, 4608, 67108352].map((at) => `write 512 bytes to /dev/nvme1n1 at ${at}`)
  expect(again).toEqual({ outcome: 'done', writes: [...marks, format] })
  expect(await markersOn(world)).toEqual({ marked: [], written: [] })
})

test('a format that ends after its deadline has ended as it says then, for whoever sent it', async () => {
  const world = await emulatedHost()
  const { faults } = world.machine
  const match = { call: 'admin', opcode: 0x80 } as const
  faults.arm({ match, times: 1, kind: { fault: 'slow', ms: 30_000 } })
  const late = { fault: 'status-with-effect', status: 6, ms: 30_000 } as const
  faults.arm({ match, skip: 1, times: 1, kind: late })

  await applied(world, MARK)
  const ends: unknown[] = []
  for (let times = 0; times < 2; times++) {
    const begun = await applied(world, FORMAT)
    await world.clock.advance(30_000)
    ends.push(begun.outcome, await applied(world, FORMAT).catch(() => 'failed'))
  }

  const writes = ['format namespace 1 with user data erase through /dev/nvme1']
  expect(ends).toEqual(['blocked', { outcome: 'done', writes }, 'blocked', 'failed'])
})

test('zeroes are written over the bytes that are named, and over no other', async () => {
  const world = await emulatedHost()
  await applied(world, MARK)

  const bytes = { fromByte: 512, toByte: 33 << 20 }
  await applied(world, { ...ON, change: 'overwriteNamespace', ...bytes })

  expect((await markersOn(world)).marked).toEqual([0, 131071])
})

test('a disk that is mounted is not held, and one that is held is not mounted', async () => {
  const world = await emulatedHost()
  const unmount = world.machine.mount('nvme1n1', '/srv')
  const failure = await failureOf(applied(world, { ...ON, change: 'holdDisk' }))
  unmount()
  await applied(world, { ...ON, change: 'holdDisk' })

  expect(failure).toEqual({ kind: 'kernel-refused', errno: 'EBUSY' })
  expect(() => world.machine.mount('nvme1n1', '/srv')).toThrow('EBUSY')
  await applied(world, { ...ON, change: 'letGoOfDisk' })
  world.machine.mount('nvme1n1', '/srv')()
})

test('markers and a format that say that they were done, and were not, have no effect', async () => {
  const world = await emulatedHost()
  const { faults } = world.machine
  const kind = { fault: 'without-effect' } as const
  const unwritten = faults.add({ match: { call: 'writeBlocks' }, times: 1, kind })
  const marking = await failureOf(applied(world, MARK))
  unwritten()
  await applied(world, MARK)
  faults.add({ match: { call: 'admin', opcode: 0x80 }, kind })
  const formatting = await failureOf(applied(world, FORMAT))

  expect(marking).toEqual({ kind: 'no-effect', expected: '3 markers', found: '2 markers' })
  expect(formatting).toEqual({
    kind: 'no-effect',
    expected: '0 markers',
    found: '3 markers',
  })
})

test('a namespace that the host does not have is gone', async () => {
  const world = await emulatedHost()

  const holding = failureOf(applied(world, { ...ON, nsid: 7, change: 'holdDisk' }))

  expect(await holding).toMatchObject({ kind: 'gone' })
})

test('how a drive erases, what there is, and how worn it is', async () => {
  const { host } = await emulatedHost()

  expect(await host.ask({ read: 'erasable', fn: plain })).toMatchObject({
    answer: {
      erase: { method: 'format', secureErase: 'user-data' },
      namespaces: [{ nsid: 1, sizeBytes: 64 * 2 ** 20, blockBytes: 512, metadataBytes: 0 }],
    },
  })
  expect(await host.ask({ read: 'condition', fn: plain })).toMatchObject({
    answer: { firmware: '7.2.22', percentageUsed: 0, mediaErrors: '0' },
  })
})
