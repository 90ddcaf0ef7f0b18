/** Through which controllers a disk is reached, on a subsystem with two of them. */
import { expect, test } from 'vitest'
import type { HostChange } from '../../src/host/change.ts'
import type { HostQuery } from '../../src/host/query.ts'
import { dualController, first, second } from '../support/dual-controller.ts'
import { labWith } from '../support/lab-with.ts'
import { pf, plain } from './captured-host.ts'
import { applied, emulatedHost, type EmulatedHost } from './emulated-host.ts'

const NAMESPACES = [
  { nsid: 1, attachedTo: [1, 2] },
  { nsid: 2, attachedTo: [2] },
  { nsid: 3 },
]
const LET_GO: readonly HostChange[] = [
  { change: 'setOverride', fn: first, driver: 'vfio-pci' },
  { change: 'unbind', fn: first },
]

test('a multipath disk has each controller that is attached, and stays while one is left', async () => {
  const world = await emulatedHost(dualController(NAMESPACES))
  const before = await pathsOf(world)

  for (const change of LET_GO) await applied(world, change)

  const [shared, single] = before
  expect(before).toHaveLength(2)
  expect(shared).toMatchObject({ nsid: 1, cntlids: [1, 2] })
  expect(single).toMatchObject({ nsid: 2, cntlids: [2] })
  expect(await pathsOf(world)).toEqual([{ ...shared, cntlids: [2] }, single])
})

test('without multipath each controller has a disk of its own, which goes with it', async () => {
  const world = await emulatedHost(dualController(NAMESPACES, { multipath: false }))
  const before = await pathsOf(world)

  for (const change of LET_GO) await applied(world, change)

  const ofFirst = before.filter(({ nsid }) => nsid === 1)
  expect(ofFirst.map(({ cntlids }) => cntlids)).toEqual([[1], [2]])
  expect(new Set(ofFirst.map(({ disk }) => disk)).size).toBe(2)
  expect(await pathsOf(world)).toEqual(before.filter(({ cntlids }) => cntlids[0] === 2))
})

test('a drive of one controller, and a function without a driver, have what they have', async () => {
  const world = await emulatedHost(labWith('specification'))

  const ofPlain = await answer(world, { read: 'paths', fn: plain, nsids: [1] })
  await applied(world, { change: 'unbind', fn: pf })
  const ofNobody = await answer(world, { read: 'paths', fn: pf, nsids: [1] })

  expect(ofPlain.paths).toMatchObject([{ nsid: 1, cntlids: [0] }])
  expect(ofNobody.paths).toEqual([])
})

async function pathsOf(world: EmulatedHost) {
  const query = { read: 'paths', fn: second, nsids: [1, 2, 3] } as const
  return (await answer(world, query)).paths
}

async function answer(
  { host, clock }: EmulatedHost,
  query: Extract<HostQuery, { readonly read: 'paths' }>
) {
  await clock.advance(1_000)
  const reply = await host.ask(query)
  if (!reply.answered) throw new Error(`blocked: ${reply.blocked.call}`)
  return reply.answer
}
