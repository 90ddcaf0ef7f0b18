import { expect, test } from 'vitest'
import type { DeviceName } from '../../src/emulator/devices/device-policy.ts'
import type { AskNow } from '../../src/host/appearing-vf.ts'
import { HostDriverError } from '../../src/host/driver.ts'
import type { HostChange } from '../../src/host/change.ts'
import { Unforeseen } from '../../src/host/unforeseen.ts'
import { foresee } from '../../src/host/foresee.ts'
import type { SelfAttaching } from '../../src/host/foresee-attachments.ts'
import type { HostQuery } from '../../src/host/query.ts'
import { pf, plain, vf1, vf2 } from './captured-host.ts'
import {
  applied,
  CLEAN,
  emulatedHost,
  PROVISION,
  RESIZE,
  RETIRE,
  type EmulatedHost,
} from './emulated-host.ts'
import { labWith } from '../support/lab-with.ts'

const QUERIES: readonly HostQuery[] = [
  { read: 'sriov', pf },
  { read: 'secondaries', pf },
  { read: 'primary', pf },
  { read: 'format', fn: pf, nsid: 2 },
  { read: 'erasable', fn: pf, nsids: [2] },
  ...[1, 2].map((cntlid) => ({ read: 'attachments', pf, cntlid }) as const),
  { read: 'attachmentsOfEach', pf, cntlids: [2, 1] },
  ...[1, 2, 3, 4].map((nsid) => ({ read: 'attachedControllers', pf, nsid }) as const),
  ...[pf, plain, vf1, vf2].map((fn) => ({ read: 'binding', fn }) as const),
  ...[pf, plain].map((fn) => ({ read: 'answering', fn }) as const),
  { read: 'group', fn: plain },
  { read: 'vfioGroup', fn: plain },
]

/** What each attaches by itself to its eight VFs. */
const DEVICES: readonly [
  DeviceName,
  Pick<SelfAttaching, 'asItAppears' | 'asItIsEnabled'>,
][] = [
  ['qemu-7.2', { asItAppears: [1], asItIsEnabled: [] }],
  ['qemu-10', { asItAppears: [], asItIsEnabled: [1] }],
  ['specification', { asItAppears: [], asItIsEnabled: [] }],
  ['pm1733', { asItAppears: [], asItIsEnabled: [] }],
]

test.for(DEVICES)('on %s what is foreseen is what then is', async ([device, attaches]) => {
  const world = await emulatedHost(labWith(device))
  const selfAttaching = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({
    pf,
    vfNumber: n,
    cntlid: n,
    ...attaches,
  }))
  const changes = [...RESIZE, ...PROVISION, ...RETIRE.slice(0, 7)]
  const now = await remembered(world)
  const foreseen: unknown[] = []
  for (let made = 0; made <= changes.length; made++) {
    const assumed = { changes: changes.slice(0, made), selfAttaching }
    foreseen.push(await answers((query) => foresee(now, assumed, query)))
  }

  for (const [made, expected] of foreseen.entries()) {
    const change = made === 0 ? undefined : changes[made - 1]
    if (change) await applied(world, change)
    expect(await answers(askOf(world)), `after ${JSON.stringify(change)}`).toEqual(expected)
  }
})

test('of markers is foreseen what then is read, and before any was written nothing', async () => {
  const world = await emulatedHost()
  const ask = askOf(world)
  const letGo = CLEAN.findIndex(({ change }) => change === 'letGoOfDisk')
  const asked: MarkersQuery[] = []
  for (const [made, change] of CLEAN.slice(0, letGo).entries()) {
    await applied(world, change)
    if (change.change === 'writeMarkers') {
      const { fn, nsid, markers } = change
      asked.push({ read: 'markers', fn, nsid, markers })
    }
    const query = asked.at(-1)
    if (!query) continue
    const assumed = { changes: CLEAN.slice(0, made + 1), selfAttaching: [] }
    const foreseen = await foresee(ask, assumed, query)
    expect(foreseen, `after ${change.change}`).toEqual(await ask(query))
  }

  const [first] = asked
  if (!first) throw new Error('nothing was marked')
  const before = foresee(ask, { changes: CLEAN.slice(0, 2), selfAttaching: [] }, first)
  await expect(before).rejects.toBeInstanceOf(Unforeseen)
  expect(asked).toHaveLength(2)
})

type MarkersQuery = Extract<HostQuery, { readonly read: 'markers' }>

test('what a drive would answer to the host’s driver is foreseen once that has it', async () => {
  const world = await emulatedHost()
  const ask = askOf(world)
  const query = { read: 'erasable', fn: plain } as const
  const back: readonly HostChange[] = [{ change: 'probe', fn: plain, expectDriver: 'nvme' }]
  const assumed = { changes: back, selfAttaching: [] }
  const asItIs = await foresee(ask, assumed, query)
  await applied(world, { change: 'unbind', fn: plain })

  const unforeseen = foresee(ask, assumed, query)

  await expect(unforeseen).rejects.toThrow('can be asked only once nvme has it')
  await expect(unforeseen).rejects.toBeInstanceOf(Unforeseen)
  expect(asItIs.namespaces.length).toBeGreaterThan(0)
})

async function answers(ask: AskNow): Promise<readonly unknown[]> {
  const found: unknown[] = []
  for (const query of QUERIES) found.push([query, await orGone(() => ask(query))])
  return found
}

/** As the machine is now, whatever becomes of it. */
async function remembered(world: EmulatedHost): Promise<AskNow> {
  const ask = askOf(world)
  const queries: readonly HostQuery[] = [
    ...QUERIES,
    ...[pf, plain].map((fn) => ({ read: 'identity', fn }) as const),
  ]
  const known = new Map<string, () => Promise<unknown>>()
  for (const query of queries) {
    const answer = await orGone(() => ask(query))
    const gone = new HostDriverError('as it was', { kind: 'gone', what: '' })
    known.set(JSON.stringify(query), () =>
      answer === 'gone' ? Promise.reject(gone) : Promise.resolve(answer)
    )
  }
  return (async (query: HostQuery) => known.get(JSON.stringify(query))?.()) as AskNow
}

function askOf({ host }: EmulatedHost): AskNow {
  return async (query) => {
    const reply = await host.ask(query)
    if (!reply.answered) throw new Error('nothing hangs')
    return reply.answer
  }
}

async function orGone(asking: () => Promise<unknown>): Promise<unknown> {
  try {
    return await asking()
  } catch (error) {
    if (error instanceof HostDriverError && error.failure.kind === 'gone') return 'gone'
    throw error
  }
}
