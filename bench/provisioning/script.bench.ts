/** From the request for eight VFs to their being ready, next to a careful shell script with nvme-cli, in one guest of the lab. */
import { copyFileSync } from 'node:fs'
import path from 'node:path'
import {
  namespaceOf,
  openLab,
  provisionedVfs,
  sriovController,
} from '../../test/lab/lab.ts'
import { machineSnapshot } from '../../test/lab/machine-snapshot.ts'
import { SRIOV_ADDRESS, SRIOV_SERIAL } from '../../test/lab/qemu-arguments.ts'
import { compare } from '../support/rounds.ts'

const VFS = 8
/** VQ = VI = 3, the admin queue counted. */
const IO_QUEUE_PAIRS = 2
const NSIDS = [2, 3, 4]
const SCRIPT_LIMIT_MS = 300_000

const { client, agent, guest, found } = await openLab()
try {
  for (const name of ['provision.sh', 'retire.sh'])
    copyFileSync(path.join(import.meta.dirname, name), path.join(guest.folder, name))
  const { id } = await sriovController(client)
  const namespaceIds = await Promise.all(
    NSIDS.map(async (nsid) => (await namespaceOf(client, SRIOV_SERIAL, nsid)).id)
  )
  const virtualFunctions = Array.from({ length: VFS }, (_, nth) => ({
    ioQueuePairs: IO_QUEUE_PAIRS,
    namespaceIds: namespaceIds.slice(nth, nth + 1),
  }))

  await compare({
    scenario: 'provisioning-against-a-script',
    params: { vfs: VFS, vq: IO_QUEUE_PAIRS + 1, vi: IO_QUEUE_PAIRS + 1 },
    unit: 'ms of the clock until all are ready',
    product: {
      name: 'nvirt',
      round: async () => {
        const ms = await timed(() =>
          client.perform('POST', `/v1/controllers/${id}/virtualFunctions`, {
            virtualFunctions,
          })
        )
        for (const vf of await provisionedVfs(client))
          await client.perform('DELETE', `/v1/virtualFunctions/${vf.id}`)
        await requireAsFound()
        return ms
      },
    },
    peers: [
      {
        name: 'a shell script with nvme-cli',
        goal: 1 / 5,
        round: async () => {
          const ms = await timed(() => script('provision.sh'))
          await script('retire.sh')
          await requireAsFound()
          return ms
        },
      },
    ],
  })
} finally {
  await guest.end()
}

/** @throws Error with what it said, unless it exits with 0 */
async function script(name: string): Promise<void> {
  const command = ['bash', `/mnt/${name}`, SRIOV_ADDRESS]
  const ran = await agent.ask({ ask: 'run', command, timeoutMs: SCRIPT_LIMIT_MS })
  if (ran.status !== 0) throw new Error(`${name}: ${ran.stderr}`)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

/** @throws Error when a round did not leave the machine as the next one must find it */
async function requireAsFound(): Promise<void> {
  const now = JSON.stringify(await machineSnapshot(agent))
  if (now !== JSON.stringify(found)) throw new Error(`left behind: ${now}`)
}
