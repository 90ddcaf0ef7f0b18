/** The door opens first: what is known is answered at once, and who wants more waits until the work has begun. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../src/access/caller.ts'
import { authenticator } from '../src/access/token.ts'
import { systemClock } from '../src/clock.ts'
import { compose, type Composition } from '../src/compose.ts'
import { labLikeHost } from '../src/emulator/lab-like-host.ts'
import type { EmulatedMachine } from '../src/emulator/machine.ts'
import { emulatedMachine } from '../src/emulator/power-on.ts'
import { linuxHost } from '../src/linux/linux-host.ts'
import { eventually } from './support/eventually.ts'

const PLAIN = '0000:02:00.0'
const LIMIT_MS = 60_000

function dataFolder(): string {
  const data = mkdtempSync(path.join(tmpdir(), 'nvirt-compose-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  return data
}

function composed(data: string, machine: EmulatedMachine): Promise<Composition> {
  return compose({
    data,
    kernels: [machine],
    clock: systemClock,
    authenticate: authenticator(null),
    allowedHosts: [],
    logLevel: 'silent',
    callDeadlineMs: 100,
  })
}

/** Left by a service that has stopped: an operation that waits in the kernel, and holds the plain controller. */
async function leftHalfDone() {
  const data = dataFolder()
  const machine = await emulatedMachine(labLikeHost(), { clock: systemClock })
  onTestFinished(() => machine.close())
  const first = await composed(data, machine)
  await first.startWork()
  const controllerId = await eventually('it is scanned', () => idOf(first, PLAIN))
  machine.faults.add({
    match: { call: 'write', path: '**/driver_override' },
    kind: { fault: 'never-returns' },
  })
  const { id: operationId } = await first.workflows.assign(DEMO, {
    controllerId,
    consumer: 'vm',
  })
  await eventually('it waits in the kernel', () =>
    stateOf(first, operationId) === 'blocked' ? true : undefined
  )
  await first.stop()
  return { data, machine, controllerId, operationId }
}

function idOf({ store }: Composition, address: string): string | undefined {
  const { items } = store.read.controllers({}, { after: null, limit: 100 })
  return items.find((row) => row.address === address)?.id
}

const stateOf = ({ workflows }: Composition, id: string) =>
  workflows.operation(DEMO, id).state

test(
  'before the work begins all that is known is answered, and who wants a function waits for who holds it',
  async () => {
    const { data, machine, controllerId, operationId } = await leftHalfDone()

    const service = await composed(data, machine)
    const known = stateOf(service, operationId)
    const settled: string[] = []
    const asked = service.workflows
      .assign(DEMO, { controllerId, consumer: 'another' })
      .catch((error: unknown) => {
        settled.push('refused')
        throw error
      })
    await new Promise(setImmediate)
    const before = [...settled]
    await service.startWork()

    await expect(asked).rejects.toMatchObject({
      trouble: { kind: 'conflict', operationId },
    })
    expect(known).toBe('blocked')
    expect(before).toEqual([])
    await service.stop()
  },
  LIMIT_MS
)

test(
  'a service that stops before its work began refuses who waited for it, and leaves all as it was',
  async () => {
    const { data, machine, controllerId, operationId } = await leftHalfDone()
    const written = machine.transcript.length

    const service = await composed(data, machine)
    const asked = service.workflows.assign(DEMO, { controllerId, consumer: 'another' })
    const refused = expect(asked).rejects.toThrow('nvirt stops')
    await service.stop()
    await refused

    const next = await composed(data, machine)
    expect(stateOf(next, operationId)).toBe('blocked')
    expect(machine.transcript).toHaveLength(written)
    await next.stop()
  },
  LIMIT_MS
)

test('who stops it before its work has begun finds that it stops, and no work begins', async () => {
  const data = dataFolder()
  const machine = await emulatedMachine(labLikeHost(), { clock: systemClock })
  onTestFinished(() => machine.close())
  const composition = await composed(data, machine)

  const stopped = composition.stop()
  await composition.startWork()

  await stopped
})

test(
  'what a killed service left armed in a host’s tracefs is removed once the host is scanned',
  async () => {
    const machine = await emulatedMachine(labLikeHost(), { clock: systemClock })
    onTestFinished(() => machine.close())
    const killed = linuxHost(machine.kernel, systemClock)
    const context = { operationId: 'any', step: 'arm', fence: 1, deadlineMs: 1000 }
    await killed.apply({ change: 'armTrace', queues: 1 }, context)
    const traced = () => killed.ask({ read: 'trace' })
    const left = await traced()

    const service = await composed(dataFolder(), machine)
    await service.startWork()
    const gone = { answered: true, answer: { present: [] } }
    await eventually('nothing is armed', async () =>
      isDeepStrictEqual(await traced(), gone) ? true : undefined
    )
    await service.stop()

    expect(left).not.toEqual(gone)
  },
  LIMIT_MS
)
