/** Operations that lead from the machine as found round to it again, each of them with its two ends. */
import { expect } from 'vitest'
import type {
  ControllerView,
  NamespaceView,
  VirtualFunctionView,
} from '../../src/inventory/views.ts'
import type { AssignmentView } from '../../src/workflows/workflows.ts'
import type { NvirtClient } from '../lab/nvirt-client.ts'

export type Ask = readonly [method: string, path: string, body?: object]

export type Turn = {
  readonly name: string
  readonly ask: (client: NvirtClient) => Promise<Ask>
}

const PF = '0000:01:00.0'
const PLAIN = '0000:02:00.0'

export const ROUND: readonly Turn[] = [
  {
    name: 'give the primary resources of its own',
    ask: async (client) => resize(await controller(client, PF), { vq: 2, vi: 1 }),
  },
  {
    name: 'take them from it',
    ask: async (client) => resize(await controller(client, PF), { vq: 0, vi: 0 }),
  },
  { name: 'provision', ask: provision },
  {
    name: 'assign a VF',
    ask: async (client) => {
      const { id } = await virtualFunction(client)
      const accept = ['not-tenant-safe']
      return ['POST', '/v1/assignments', { virtualFunctionId: id, consumer: 'vm', accept }]
    },
  },
  { name: 'release and clean a VF', ask: (client) => release(client, {}) },
  {
    name: 'retire',
    ask: async (client) => {
      const { id } = await virtualFunction(client)
      return ['DELETE', `/v1/virtualFunctions/${id}`]
    },
  },
  {
    name: 'assign a controller',
    ask: async (client) => {
      const { id } = await controller(client, PLAIN)
      return ['POST', '/v1/assignments', { controllerId: id, consumer: 'vm' }]
    },
  },
  {
    name: 'release a controller as it is',
    ask: (client) => release(client, { acceptUncleaned: true }),
  },
]

function resize(
  { id }: ControllerView,
  body: { readonly vq: number; readonly vi: number }
) {
  return ['POST', `/v1/controllers/${id}/primaryResources`, body] as const
}

async function provision(client: NvirtClient): Promise<Ask> {
  const { id, serial } = await controller(client, PF)
  const all = await client.list<NamespaceView>('/v1/namespaces')
  const namespace = all.find((one) => one.nsid === 2 && one.serial === serial)
  const namespaceIds = [namespace?.id]
  const body = { virtualFunctions: [{ ioQueuePairs: 2, namespaceIds }], driver: 'nvme' }
  return ['POST', `/v1/controllers/${id}/virtualFunctions`, body]
}

async function release(client: NvirtClient, body: object): Promise<Ask> {
  const all = await client.list<AssignmentView>('/v1/assignments')
  const standing = all.filter(({ state }) => state !== 'released' && state !== 'failed')
  expect(standing, 'one assignment stands').toHaveLength(1)
  return ['POST', `/v1/assignments/${standing[0]?.id}/release`, body]
}

async function controller(client: NvirtClient, address: string): Promise<ControllerView> {
  const all = await client.list<ControllerView>('/v1/controllers')
  const found = all.find((one) => one.pciAddress === address)
  if (!found) throw new Error(`no controller at ${address}`)
  return found
}

async function virtualFunction(client: NvirtClient): Promise<VirtualFunctionView> {
  const all = await client.list<VirtualFunctionView>('/v1/virtualFunctions')
  const provisioned = all.filter((one) => one.provisioned !== null)
  expect(provisioned, 'one VF is provisioned').toHaveLength(1)
  const [found] = provisioned
  if (!found) throw new Error('no VF is provisioned')
  return found
}
