/** nvirt itself, running in the guest: started, killed and started again. */
import path from 'node:path'
import { eventually } from '../support/eventually.ts'
import type { AgentClient } from './agent-client.ts'
import { emulationMs } from './emulated-cpu.ts'
import { PROJECT } from './guest-image.ts'
import { GUEST_NODE_ON_ONE_CPU, SERVICE_CPU } from './guest-node.ts'
import type { Guest } from './guest.ts'
import { lastWords } from './last-words.ts'
import { nvirtClient, type NvirtClient } from './nvirt-client.ts'
import { GUEST_ADDRESS, SERVICE_PORT } from './qemu-arguments.ts'

export type Service = {
  readonly client: NvirtClient
  /** The same API as seen from inside the guest. */
  readonly guestUrl: string
  readonly firstStart: Start
  readonly kill: () => Promise<void>
  readonly start: () => Promise<Start>
  readonly stop: () => Promise<void>
}

/** Until it answered, in milliseconds. */
export type Start = {
  readonly tookMs: number
  /** Of that, what emulating its CPU took. */
  readonly emulationMs: number
}

/** The name under which the guest's agent knows it. */
export const SERVICE = 'nvirt'

/** Gone with the guest, as fast as memory; `kill` leaves it. */
const IN_MEMORY = '/run/nvirt-data'
/** In the run folder: there after a reset of the guest as well. */
export const KEPT = '/mnt/nvirt-data'
const START_LIMIT_MS = 60_000
const END_IS_TOLD_MS = 2_000

/** Started, and answering. */
export async function startService(guest: Guest, data = IN_MEMORY): Promise<Service> {
  const { agent } = guest
  const firstStart = await start()
  const token = await agent.text(path.join(data, 'token'))
  const client = nvirtClient(guest.servicePort, token)
  return {
    client,
    guestUrl: `http://${GUEST_ADDRESS}:${SERVICE_PORT}`,
    firstStart,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start,
  }

  async function start(): Promise<Start> {
    const begun = performance.now()
    const before = await emulationMs(guest.folder, SERVICE_CPU)
    await launch(agent, data)
    await untilItAnswers(guest)
    const after = await emulationMs(guest.folder, SERVICE_CPU)
    return { tookMs: performance.now() - begun, emulationMs: after - before }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    await agent.ask({ ask: 'signal', name: SERVICE, signal })
    await agent.ask({ ask: 'end', name: SERVICE })
  }
}

async function launch(agent: AgentClient, data: string): Promise<void> {
  await agent.ask({
    ask: 'start',
    name: SERVICE,
    command: [...GUEST_NODE_ON_ONE_CPU, path.join(PROJECT, 'dist/main.js')],
    environment: {
      NVIRT_FLEET: 'local',
      NVIRT_DATA: data,
      NVIRT_LISTEN: `${GUEST_ADDRESS}:${SERVICE_PORT}`,
    },
    log: '/mnt/service.log',
  })
}

/** A service that ended by itself is why a test failed: its agent needs a moment to see it. */
export async function untilEndIsTold({ folder }: Guest): Promise<void> {
  const isTold = () => lastWords(folder).includes(`${SERVICE} ended: `) || undefined
  await eventually('the agent tells how it ended', isTold, END_IS_TOLD_MS).catch(() => {})
}

async function untilItAnswers(guest: Guest): Promise<void> {
  try {
    const isUp = async () => (await answers(guest.servicePort)) || undefined
    await eventually('the service answers', isUp, START_LIMIT_MS)
  } catch (cause) {
    throw new Error(`starting the service in the guest\n${lastWords(guest.folder)}`, {
      cause,
    })
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2_000)
    return (await fetch(`http://127.0.0.1:${port}/healthz`, { signal })).ok
  } catch {
    return false // nobody listens yet
  }
}
