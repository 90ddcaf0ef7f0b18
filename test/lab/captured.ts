/** A capture that nvirt made of the guest, beside its service, and the inventory of the machine that it describes. */
import path from 'node:path'
import { parseFleet } from '../../src/emulator/fleet-file.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { AT_ONCE } from '../../src/emulator/timing.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { fakeClock } from '../support/fake-clock.ts'
import type { AgentClient } from './agent-client.ts'
import type { Ran } from './guest/protocol.ts'
import { PROJECT } from './guest-image.ts'
import { GUEST_NODE } from './guest-node.ts'

/** It starts a process for each lane, and waits for those that are slow. */
const LIMIT_MS = 150_000

export async function scannedCapture(agent: AgentClient) {
  const command = [...GUEST_NODE, path.join(PROJECT, 'dist/main.js'), 'capture']
  const ran: Ran = await agent.ask({ ask: 'run', command, timeoutMs: LIMIT_MS })
  if (ran.status !== 0) throw new Error(`the capture failed\n${ran.stderr}`)
  const [host] = parseFleet(ran.stdout, 'capture').hosts
  if (!host) throw new Error(`no host in ${ran.stdout}`)
  const clock = fakeClock()
  const machine = await emulatedMachine(host, { clock, timing: AT_ONCE })
  return linuxHost(machine.kernel, clock).scan()
}
