/** A guest with nvirt running in it, and what the machine was like before nvirt was started. */
import type {
  ControllerView,
  NamespaceView,
  VirtualFunctionView,
} from '../../src/inventory/views.ts'
import { eventually } from '../support/eventually.ts'
import type { AgentClient } from './agent-client.ts'
import { bootGuest, type Guest } from './guest.ts'
import { lastWords } from './last-words.ts'
import { machineSnapshot, type MachineSnapshot } from './machine-snapshot.ts'
import type { NvirtClient } from './nvirt-client.ts'
import { PLAIN_SERIAL, SRIOV_SERIAL, type Hardware } from './qemu-arguments.ts'
import { KEPT, startService, untilEndIsTold, type Service } from './service.ts'

export type Lab = {
  readonly guest: Guest
  readonly agent: AgentClient
  readonly service: Service
  readonly client: NvirtClient
  readonly found: MachineSnapshot
}

export async function openLab(hardware?: Hardware): Promise<Lab> {
  const guest = await bootGuest(hardware)
  try {
    const found = await machineSnapshot(guest.agent)
    const service = await startService(
      guest,
      hardware?.boots === 'again' ? KEPT : undefined
    )
    await untilScanned(service.client)
    return { guest, agent: guest.agent, service, client: service.client, found }
  } catch (cause) {
    await untilEndIsTold(guest)
    const story = lastWords(guest.folder)
    await guest.end()
    throw new Error(`opening the lab\n${story}`, { cause })
  }
}

/**
 * The service answers before its first scan is done, and on a busy machine that scan may not have waited for a lane: the
 * next one, by period, has what it left out.
 */
async function untilScanned(client: NvirtClient): Promise<void> {
  const scanned = async () => {
    const namespaces = await client.list<NamespaceView>('/v1/namespaces')
    const serials = new Set(namespaces.map(({ serial }) => serial))
    return (serials.has(SRIOV_SERIAL) && serials.has(PLAIN_SERIAL)) || undefined
  }
  await eventually('the inventory has the namespaces of both controllers', scanned, 90_000)
}

export async function controllerWith(
  client: NvirtClient,
  serial: string
): Promise<ControllerView> {
  const all = await client.list<ControllerView>('/v1/controllers')
  return theOne(all, (controller) => controller.serial === serial, `controller ${serial}`)
}

export const sriovController = (client: NvirtClient) => controllerWith(client, SRIOV_SERIAL)
export const plainController = (client: NvirtClient) => controllerWith(client, PLAIN_SERIAL)

export async function namespaceOf(
  client: NvirtClient,
  serial: string,
  nsid: number
): Promise<NamespaceView> {
  const all = await client.list<NamespaceView>('/v1/namespaces')
  return theOne(
    all,
    (namespace) => namespace.serial === serial && namespace.nsid === nsid,
    `namespace ${nsid} of ${serial}`
  )
}

/** Those that were taken from the pool, in the order of their numbers. */
export async function provisionedVfs(
  client: NvirtClient
): Promise<readonly VirtualFunctionView[]> {
  const all = await client.list<VirtualFunctionView>('/v1/virtualFunctions')
  return all
    .filter((vf) => vf.provisioned !== null)
    .toSorted((a, b) => a.vfNumber - b.vfNumber)
}

/** One VF for each entry: so many I/O queue pairs, and the namespace with that nsid. */
export async function provisionRequest(
  client: NvirtClient,
  vfs: readonly { readonly ioQueuePairs: number; readonly nsid: number }[],
  driver: 'none' | 'nvme'
): Promise<readonly [method: string, path: string, body: object]> {
  const { id } = await sriovController(client)
  const virtualFunctions = await Promise.all(
    vfs.map(async ({ ioQueuePairs, nsid }) => ({
      ioQueuePairs,
      namespaceIds: [(await namespaceOf(client, SRIOV_SERIAL, nsid)).id],
    }))
  )
  return ['POST', `/v1/controllers/${id}/virtualFunctions`, { virtualFunctions, driver }]
}

function theOne<T>(all: readonly T[], isIt: (item: T) => boolean, what: string): T {
  const found = all.filter(isIt)
  const [first] = found
  if (first === undefined || found.length > 1) {
    throw new Error(`${found.length} of ${what} in ${JSON.stringify(all)}`)
  }
  return first
}
