/** Deleting namespaces and creating others through the driver, on the emulator. */
import { expect, test } from 'vitest'
import type { HostChange } from '../../src/host/change.ts'
import { foresee } from '../../src/host/foresee.ts'
import { questionOf } from '../../src/host/preview.ts'
import { Unforeseen } from '../../src/host/unforeseen.ts'
import type { HostAnswer, HostQuery } from '../../src/host/query.ts'
import { labWith } from '../support/lab-with.ts'
import { failureOf, pf } from './captured-host.ts'
import { applied, emulatedHost, type EmulatedHost } from './emulated-host.ts'

const NGUID = 'c'.repeat(32)
const DELETE = {
  change: 'deleteNamespace',
  fn: pf,
  nsid: 3,
  nguid: NGUID,
  eui64: null,
} as const

function world(): Promise<EmulatedHost> {
  const lab = labWith('specification')
  const subsystems = lab.subsystems.map((drive) => ({
    ...drive,
    namespaces: drive.namespaces.map((one) => ({
      ...one,
      ...(one.nsid === 3 && { nguid: NGUID }),
    })),
  }))
  return emulatedHost({ ...lab, subsystems })
}

async function ask<Q extends HostQuery>(
  { host }: EmulatedHost,
  query: Q
): Promise<HostAnswer<Q>> {
  const reply = await host.ask(query)
  if (!reply.answered) throw new Error('it is blocked')
  return reply.answer
}

async function creating(of: EmulatedHost, count: number) {
  const nsids = { only: [3] }
  const { namespaces } = await ask(of, { read: 'allocated', fn: pf, nsids })
  const layout = namespaces[0]?.layout
  if (!layout) throw new Error('there is no namespace 3')
  const before = [1, 2, 4]
  return { change: 'createNamespaces', fn: pf, layout, count, before } as const
}

async function previewOf(of: EmulatedHost, change: HostChange): Promise<readonly string[]> {
  const question = questionOf(change)
  if (question === null) throw new Error('nothing decides')
  const found = { [question.read]: await ask(of, question) }
  return (await of.host.preview(change, found)).map(({ inWords }) => inWords)
}

test('a namespace is deleted once, one like it created once, and both as previewed', async () => {
  const of = await world()
  const create = await creating(of, 1)
  const words = {
    delete: 'delete namespace 3',
    create: 'create a namespace of 131072 blocks',
  }

  for (const [change, word] of [
    [DELETE, words.delete],
    [create, words.create],
  ] as const) {
    const previewed = await previewOf(of, change)
    const writes = [`${word} through /dev/nvme0`]
    expect(previewed).toEqual(writes)
    expect(await applied(of, change)).toEqual({ outcome: 'done', writes })
    expect(await previewOf(of, change)).toEqual([])
    expect(await applied(of, change)).toEqual({ outcome: 'done', writes: [] })
  }
  const { nsids } = await ask(of, { read: 'allocation', fn: pf })
  expect(nsids).toEqual([1, 2, 3, 4])
})

test('a namespace that has the nsid of a deleted one is not deleted in its place', async () => {
  const of = await world()
  const create = await creating(of, 1)
  await applied(of, DELETE)
  await applied(of, create)

  const again = await applied(of, DELETE)

  expect(again).toEqual({ outcome: 'done', writes: [] })
  const only = { read: 'allocated', fn: pf, nsids: { only: [3] } } as const
  const { namespaces } = await ask(of, only)
  expect(namespaces).toMatchObject([{ nsid: 3, cntlids: [], layout: create.layout }])
  expect(namespaces[0]?.nguid).not.toBe(NGUID)
})

test('a created namespace that somebody has attached elsewhere is nobody’s replacement', async () => {
  const of = await world()
  const create = await creating(of, 1)
  await applied(of, DELETE)
  await applied(of, create)
  await applied(of, { change: 'setVfCount', pf, count: 1 })
  await applied(of, { change: 'attachNamespace', pf, nsid: 3, cntlid: 1 })

  const failure = await failureOf(applied(of, create))

  expect(failure).toMatchObject({ kind: 'nvme-refused', status: 0x115 })
})

test('a drive that says it deleted, and did not, is not believed', async () => {
  const of = await world()
  const match = { call: 'admin', opcode: 0x0d } as const
  of.machine.faults.arm({ match, kind: { fault: 'without-effect' } })

  expect(await failureOf(applied(of, DELETE))).toMatchObject({ kind: 'no-effect' })
  const create = await creating(of, 2)
  expect(await failureOf(applied(of, create))).toMatchObject({ kind: 'no-effect' })
})

test('what is deleted is foreseen, and the nsid of what is created is not', async () => {
  const of = await world()
  const create = await creating(of, 1)
  const query = { read: 'allocation', fn: pf } as const
  const now = <Q extends HostQuery>(asked: Q) => ask(of, asked)
  const assuming = (changes: readonly HostChange[]) =>
    foresee(now, { changes, selfAttaching: [] }, query)

  const foreseen = await assuming([DELETE])
  await expect(assuming([DELETE, create])).rejects.toBeInstanceOf(Unforeseen)
  await applied(of, DELETE)

  expect(foreseen).toEqual(await ask(of, query))
  expect(foreseen.nsids).toEqual([1, 2, 4])
})

test('a drive manages namespaces by its effects log, where its Identify says more', async () => {
  const qemu = await emulatedHost()
  const specified = await world()

  const query = { read: 'allocation', fn: pf } as const
  expect((await ask(qemu, query)).manages).toBe(false)
  expect((await ask(specified, query)).manages).toBe(true)
})
