/** The whole service on the small hosts of the half-done database: made once by make.ts, opened again by the test. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { DEMO, SYSTEM } from '../../../src/access/caller.ts'
import { systemClock } from '../../../src/clock.ts'
import { compose, type Composition } from '../../../src/compose.ts'
import type { EmulatedMachine } from '../../../src/emulator/machine.ts'
import { emulatedMachine } from '../../../src/emulator/power-on.ts'
import { AT_ONCE } from '../../../src/emulator/timing.ts'
import { hostIdOf } from '../../../src/inventory/identity.ts'
import type { OperationView } from '../../../src/workflows/workflows.ts'
import { eventually } from '../../support/eventually.ts'
import { smallHost } from '../../support/small-host.ts'
import { dyingKernel, type DyingKernel } from './dying-kernel.ts'

export const SRIOV = '0000:01:00.0'
export const PLAIN = '0000:02:00.0'

export const HOST_NAMES = ['host-1', 'host-2', 'host-3', 'host-4', 'host-5', 'host-6']

export type Host = {
  readonly id: string
  readonly machine: EmulatedMachine
  readonly dieAt: DyingKernel['dieAt']
}

export type Service = {
  readonly composition: Composition
  readonly hosts: ReadonlyMap<string, Host>
  readonly host: (name: string) => Host
  readonly until: (
    operation: Pick<OperationView, 'id'>,
    isThere: (operation: OperationView) => boolean
  ) => Promise<OperationView>
  readonly stop: () => Promise<void>
}

/** @param data its database and its machines' files, made where they are not there */
export async function serviceOn(data: string): Promise<Service> {
  mkdirSync(path.join(data, 'machines'), { recursive: true })
  const machines = await Promise.all(HOST_NAMES.map((name, at) => powerOn(data, name, at)))
  const hosts = new Map(machines.map((host) => [host.machine.name, host]))
  const composition = await compose({
    data,
    kernels: machines.map(({ kernel, machine }) => ({ kernel, drills: machine.drills })),
    clock: systemClock,
    authenticate: () => DEMO,
    allowedHosts: [],
    logLevel: 'silent',
    drillsAllowed: true,
    callDeadlineMs: 300,
  })
  for (const { id } of machines) await composition.inventory.rescan(SYSTEM, id)
  await composition.startWork()
  return {
    composition,
    hosts,
    host: (name) => {
      const host = hosts.get(name)
      if (!host) throw new Error(`no host ${name}`)
      return host
    },
    until: ({ id }, isThere) =>
      eventually(
        `operation ${id}`,
        () => {
          const operation = composition.workflows.operation(DEMO, id)
          return isThere(operation) ? operation : undefined
        },
        30_000
      ),
    stop: async () => {
      await composition.stop()
      for (const { machine } of machines) await machine.close()
    },
  }
}

async function powerOn(data: string, name: string, at: number) {
  const machineId = `${at + 1}`.repeat(32)
  const machine = await emulatedMachine(
    { ...smallHost(name), name, machineId },
    {
      clock: systemClock,
      timing: AT_ONCE,
      journalPath: path.join(data, 'machines', `${name}.journal`),
    }
  )
  return { id: hostIdOf(machineId), machine, ...dyingKernel(machine.kernel) }
}
