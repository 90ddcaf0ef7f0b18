/** A process in the guest that has a VFIO device open, as a virtual machine monitor would. */
import path from 'node:path'
import { eventually } from '../support/eventually.ts'
import type { AgentClient } from './agent-client.ts'
import { PROJECT } from './guest-image.ts'
import { GUEST_NODE } from './guest-node.ts'

export type VfioHolder = { readonly pid: number; readonly letGo: () => Promise<void> }

const OPEN_LIMIT_MS = 30_000

/** Resolves once the device is open. @throws with the process's own words when it cannot be opened */
export async function holdVfio(
  agent: AgentClient,
  address: string,
  group: number
): Promise<VfioHolder> {
  const name = `holder of ${group}`
  const log = `/run/holder-${group}.log`
  await agent.shell(`rm -f ${log}`)
  const { pid } = await agent.ask({
    ask: 'start',
    name,
    command: [
      ...GUEST_NODE,
      '/mnt/guest/hold-vfio.js',
      path.join(PROJECT, 'node_modules'),
      String(group),
      address,
    ],
    log,
  })
  await untilHeld(agent, log)
  return { pid, letGo }

  async function letGo(): Promise<void> {
    await agent.ask({ ask: 'signal', name, signal: 'SIGKILL' })
    await agent.ask({ ask: 'end', name })
  }
}

async function untilHeld(agent: AgentClient, log: string): Promise<void> {
  const said = await eventually(
    'the VFIO device is held',
    async () => (await agent.text(log)) || undefined,
    OPEN_LIMIT_MS
  )
  if (said !== 'held') throw new Error(`not held: ${said}`)
}
