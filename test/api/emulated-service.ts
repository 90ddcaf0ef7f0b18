/** The whole service, as main.ts composes it, over an emulated host: like the lab's, if nothing else is said. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SYSTEM } from '../../src/access/caller.ts'
import { authenticator } from '../../src/access/token.ts'
import type { App } from '../../src/api/app.ts'
import { systemClock } from '../../src/clock.ts'
import { compose, type CompositionOptions } from '../../src/compose.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { EmulatedMachine } from '../../src/emulator/machine.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { hostIdOf } from '../../src/inventory/identity.ts'
import type { Store } from '../../src/store/store.ts'
import { USUAL_BUDGETS } from '../../src/telemetry/history/service.ts'
import { caller } from './call.ts'
import type { Caller } from './call.ts'

export const PF = '0000:01:00.0'
export const PLAIN = '0000:02:00.0'

const MACHINE_ID = '5f3c1a0e9b7d4c2f8e6a1b3d5c7f9e0a'

type ServiceOptions = {
  /** null: nobody needs one, as on the demo fleet. */
  readonly token?: string | null
  readonly host?: HostDescription
  readonly drillsAllowed?: boolean
  /** Default: as the service has it. */
  readonly callDeadlineMs?: number
  readonly metricsOf?: CompositionOptions['metricsOf']
  /** Default: controllers that nobody looks at are left alone. */
  readonly fleetPeriodMs?: number
}

export async function emulatedService({
  token = null,
  host = labLikeHost(),
  drillsAllowed = false,
  callDeadlineMs,
  metricsOf = 'service',
  fleetPeriodMs,
}: ServiceOptions = {}): Promise<EmulatedService> {
  const data = mkdtempSync(path.join(tmpdir(), 'nvirt-api-'))
  const machine = await emulatedMachine(
    { ...host, machineId: MACHINE_ID },
    { clock: systemClock }
  )
  return served(machine, data, {
    token,
    drillsAllowed,
    metricsOf,
    ...(fleetPeriodMs !== undefined && { history: { ...USUAL_BUDGETS, fleetPeriodMs } }),
    ...(callDeadlineMs !== undefined && { callDeadlineMs }),
  })
}

async function served(
  machine: EmulatedMachine,
  data: string,
  options: Pick<
    CompositionOptions,
    'drillsAllowed' | 'callDeadlineMs' | 'metricsOf' | 'history'
  > & {
    readonly token: string | null
  }
): Promise<EmulatedService> {
  const { token, ...rest } = options
  const composition = await compose({
    data,
    kernels: [machine],
    clock: systemClock,
    authenticate: authenticator(token),
    allowedHosts: [],
    logLevel: 'silent',
    ...rest,
  })
  // The first scan runs on behind the start; a test wants its result.
  await composition.inventory.rescan(SYSTEM, hostIdOf(MACHINE_ID))
  await composition.startWork()
  await composition.server.listen({ host: '127.0.0.1', port: 0 })
  const api = caller(
    composition.server.server,
    token === null ? {} : { authorization: `Bearer ${token}` }
  )

  async function stop(): Promise<void> {
    await composition.stop()
    await machine.close()
    rmSync(data, { recursive: true, force: true })
  }

  /** The service anew, on the same data and the same machine. This one is over then. */
  async function restarted(): Promise<EmulatedService> {
    await composition.stop()
    return served(machine, data, options)
  }

  return {
    api,
    machine,
    restarted,
    server: composition.server,
    store: composition.store,
    port: portOf(composition.server),
    stop,
  }
}

export type EmulatedService = {
  readonly api: Caller
  readonly machine: EmulatedMachine
  readonly server: App
  readonly store: Store
  readonly port: number
  readonly restarted: () => Promise<EmulatedService>
  readonly stop: () => Promise<void>
}

function portOf({ server }: { readonly server: Server }): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen')
  return address.port
}
