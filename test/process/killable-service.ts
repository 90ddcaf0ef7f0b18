/** A service that can be killed, on a machine that is emulated by a process that the kill does not touch. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '../../src/clock.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import {
  remoteMachine,
  type RemoteMachine,
} from '../../src/emulator/process/remote-machine.ts'
import { nvirtClient, type NvirtClient } from '../lab/nvirt-client.ts'
import { startEmulator, startService, type Service } from '../support/service-process.ts'

export type KillableService = {
  readonly machine: RemoteMachine
  readonly service: () => Service
  /** After it has been stopped, or killed. */
  readonly startAgain: () => Promise<void>
  readonly client: () => Promise<NvirtClient>
  /** Ends the processes, and removes what they wrote. */
  readonly close: () => Promise<void>
}

export async function killableService(host: HostDescription): Promise<KillableService> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nvirt-killable-'))
  const data = path.join(folder, 'data')
  await mkdir(data)
  const file = path.join(folder, 'fleet.json')
  await writeFile(file, JSON.stringify({ hosts: [host] }))
  const socket = path.join(folder, 'emulator.sock')
  const emulator = await startEmulator(socket, path.join(folder, 'journals'), file)
  const machine = remoteMachine(socket, host.name, systemClock)
  const start = () => startService({ data, fleet: `unix:${socket}` })
  const ended = async () => {
    await machine.close()
    await emulator.stop()
    await rm(folder, { recursive: true, force: true })
  }

  let service = await start().catch(async (error: unknown) => {
    await ended()
    throw error
  })
  return {
    machine,
    service: () => service,
    startAgain: async () => {
      service = await start()
    },
    client: async () => {
      const token = await readFile(path.join(data, 'token'), 'utf8')
      return nvirtClient(service.port, token.trim())
    },
    close: async () => {
      await service.stop()
      await ended()
    },
  }
}
