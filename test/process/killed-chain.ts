/** One service after the other on one machine, each of them killed at a call of an operation, which the next one ends. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { v7 as newId } from 'uuid'
import { systemClock } from '../../src/clock.ts'
import type { MachineSnapshot } from '../../src/emulator/machine.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { serveMachines } from '../../src/emulator/process/machine-server.ts'
import { AT_ONCE } from '../../src/emulator/timing.ts'
import type { ControllerView } from '../../src/inventory/views.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { nvirtClient, type NvirtClient } from '../lab/nvirt-client.ts'
import { eventually } from '../support/eventually.ts'
import { smallHost } from '../support/small-host.ts'
import { startService } from '../support/service-process.ts'
import { deadlyMachine, type Calls, type Death } from './deadly-machine.ts'
import type { Ask, Turn } from './round.ts'

export type Run = {
  readonly end: OperationView
  readonly killed: boolean
  readonly machine: MachineSnapshot
}

export type Chain = {
  readonly database: string
  readonly snapshot: () => MachineSnapshot
  /** Undisturbed. */
  readonly clean: (turn: Turn) => Promise<Run & { readonly calls: Calls }>
  /** Killed, unless it ended before; and where `failsAt` is given, that change fails once. */
  readonly killed: (turn: Turn, death: Death, failsAt?: number) => Promise<Run>
  readonly client: () => NvirtClient
  readonly stop: () => Promise<void>
}

/** The call that a dead service left in the kernel ends this long after the next one is up: about when that one begins. */
const OUTLIVES_MS = 350

export async function startChain(): Promise<Chain> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nvirt-killed-'))
  const data = path.join(folder, 'data')
  await mkdir(data)
  const options = { clock: systemClock, timing: AT_ONCE }
  const emulated = await emulatedMachine(smallHost('host-1'), options)
  const deadly = deadlyMachine(emulated)
  const socket = path.join(folder, 'emulator.sock')
  const server = await serveMachines([deadly.machine], socket, systemClock)
  const start = () => startService({ data, fleet: `unix:${socket}` })
  let service = await start()
  const token = await readFile(path.join(data, 'token'), 'utf8')
  const client = () => nvirtClient(service.port, token.trim())
  await eventually('the first scan', async () => {
    const all = await client().list<ControllerView>('/v1/controllers')
    return all.length > 1 || undefined
  })

  async function clean(turn: Turn) {
    const ask = await turn.ask(client())
    deadly.count()
    const end = await client().perform(...ask)
    return { end, killed: false, machine: emulated.snapshot(), calls: deadly.count() }
  }

  async function killed(turn: Turn, death: Death, failsAt?: number): Promise<Run> {
    const ask = await turn.ask(client())
    const fault = failsAt === undefined ? undefined : failing(failsAt)
    const key = newId()
    const dying = deadly.killAt(death, () => service.stop('SIGKILL'))
    const heard = await endOf(client(), ask, key)
    if (heard && !deadly.isDying()) {
      deadly.letGo()
      fault?.()
      return { end: heard, killed: false, machine: emulated.snapshot() }
    }
    await dying
    service = await start()
    systemClock.after(OUTLIVES_MS, deadly.letGo)
    const end = heard ?? (await endOnceAnswered(client(), ask, key))
    fault?.()
    return { end, killed: true, machine: emulated.snapshot() }
  }

  function failing(nth: number): () => void {
    const { id } = emulated.faults.arm({
      match: { control: true },
      skip: nth,
      times: 1,
      kind: { fault: 'errno', errno: 'EIO' },
    })
    return () => void emulated.faults.takeBack(id, 'without-effect')
  }

  return {
    database: path.join(data, 'nvirt.db'),
    snapshot: emulated.snapshot,
    clean,
    killed,
    client,
    stop: async () => {
      deadly.letGo()
      await service.stop()
      await server.close()
      await emulated.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** undefined: nobody answered any more. */
async function endOf(
  client: NvirtClient,
  ask: Ask,
  key: string
): Promise<OperationView | undefined> {
  try {
    return await endAgain(client, ask, key)
  } catch (error) {
    if (error instanceof TypeError) return undefined // fetch's word for a connection that broke
    throw error
  }
}

/** A call that outlives its process keeps the next one from looking at the function: that is refused, and may be asked again. */
async function endOnceAnswered(
  client: NvirtClient,
  ask: Ask,
  key: string
): Promise<OperationView> {
  return eventually('the call of the former process has come back', async () => {
    try {
      return await endAgain(client, ask, key)
    } catch (error) {
      if (error instanceof Error && error.message.includes(BLOCKED)) return undefined
      throw error
    }
  })
}

const BLOCKED = '"check":"function-blocked"'

/** The same request, with the same key: the same operation, if there is one. */
async function endAgain(
  client: NvirtClient,
  [method, url, body]: Ask,
  key: string
): Promise<OperationView> {
  const { id } = await client.begin(method, url, body, key)
  return client.end(id)
}
