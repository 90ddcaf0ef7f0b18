/**
 * The main job as a user of the API writes it, with a client generated from openapi.yaml: provision, assign, release,
 * retire. The same on the emulator and on a real kernel.
 */
import assert from 'node:assert/strict'
import type { Client } from 'openapi-fetch'
import type { components, paths } from './schema.ts'

export type NvirtClient = Client<paths>
type Schemas = components['schemas']

export type ScenarioWorld = {
  /** PCI address of an SR-IOV controller without provisioned VFs. */
  readonly address: string
  /** Of the subsystem, one for each VF, attached to nobody. */
  readonly nsids: readonly number[]
  /** I/O queue pairs of each VF. */
  readonly ioQueuePairs: readonly number[]
}

export type ScenarioReport = {
  readonly virtualFunctions: readonly Schemas['VirtualFunction'][]
  readonly assignment: Schemas['Assignment']
  readonly operations: readonly Schemas['Operation'][]
}

/** @throws AssertionError at the first thing that is not as it should be */
export async function scenario(
  client: NvirtClient,
  world: ScenarioWorld
): Promise<ScenarioReport> {
  const controller = await controllerAt(client, world.address)
  const namespaces = await namespacesOf(client, controller, world.nsids)

  const provisioned = await provision(client, controller, world, namespaces)
  const virtualFunctions = await vfsOf(client, controller)
  assertAsAsked(virtualFunctions, world, namespaces)

  const [first] = virtualFunctions
  assert.ok(first, 'a VF was provisioned')
  const assigned = await assign(client, first)
  const assignment = await readyAssignment(client, first)
  const released = await release(client, assignment)

  const retired = await inTurn(virtualFunctions, (vf) => retire(client, vf))
  await assertAsBefore(client, controller)
  const operations = [provisioned, assigned, released, ...retired]
  return { virtualFunctions, assignment, operations }
}

async function controllerAt(client: NvirtClient, address: string) {
  const controllers = await everything((cursor) =>
    client.GET('/v1/controllers', { params: { query: cursor } })
  )
  const found = controllers.find(({ pciAddress }) => pciAddress === address)
  assert.ok(found?.sriov, `there is an SR-IOV controller at ${address}`)
  return found
}

async function namespacesOf(
  client: NvirtClient,
  { hostId, subsystemNqn }: Schemas['Controller'],
  nsids: readonly number[]
) {
  const all = await everything((cursor) =>
    client.GET('/v1/namespaces', { params: { query: { hostId, ...cursor } } })
  )
  return nsids.map((nsid) => {
    const found = all.find((one) => one.subsystemNqn === subsystemNqn && one.nsid === nsid)
    assert.ok(found, `the subsystem has namespace ${nsid}`)
    return found
  })
}

async function provision(
  client: NvirtClient,
  { id }: Schemas['Controller'],
  world: ScenarioWorld,
  namespaces: readonly Schemas['Namespace'][]
) {
  const virtualFunctions = world.ioQueuePairs.map((ioQueuePairs, i) => ({
    ioQueuePairs,
    namespaceIds: namespaces.slice(i, i + 1).map((namespace) => namespace.id),
  }))
  const started = await client.POST('/v1/controllers/{id}/virtualFunctions', {
    params: { path: { id }, header: { 'Idempotency-Key': `provision-${id}` } },
    body: { virtualFunctions, driver: 'none' },
  })
  return succeeded(client, started)
}

async function vfsOf(client: NvirtClient, { id }: Schemas['Controller']) {
  const all = await everything((cursor) =>
    client.GET('/v1/virtualFunctions', {
      params: { query: { controllerId: id, ...cursor } },
    })
  )
  return all
    .filter(({ provisioned }) => provisioned !== null)
    .toSorted((a, b) => a.vfNumber - b.vfNumber)
}

function assertAsAsked(
  vfs: readonly Schemas['VirtualFunction'][],
  { ioQueuePairs }: ScenarioWorld,
  namespaces: readonly Schemas['Namespace'][]
): void {
  assert.deepEqual(
    vfs.map(({ enabled, secondary, namespaceIds }) => ({
      enabled,
      secondary,
      namespaceIds,
    })),
    ioQueuePairs.map((pairs, i) => ({
      enabled: true,
      secondary: { state: 'online', vq: pairs + 1, vi: pairs + 1 },
      namespaceIds: namespaces.slice(i, i + 1).map(({ id }) => id),
    }))
  )
}

async function assign(client: NvirtClient, { id }: Schemas['VirtualFunction']) {
  const started = await client.POST('/v1/assignments', {
    body: { virtualFunctionId: id, consumer: 'scenario', accept: ['not-tenant-safe'] },
  })
  return succeeded(client, started)
}

async function readyAssignment(client: NvirtClient, vf: Schemas['VirtualFunction']) {
  const now = await client.GET('/v1/virtualFunctions/{id}', {
    params: { path: { id: vf.id } },
  })
  assert.equal(now.data?.driver, 'vfio-pci')
  const id = now.data.assignmentId
  assert.ok(id, 'the VF names its assignment')
  const assignment = await client.GET('/v1/assignments/{id}', { params: { path: { id } } })
  assert.equal(assignment.data?.state, 'ready')
  assert.equal(assignment.data.handOver?.address, now.data.pciAddress)
  assert.match(assignment.data.handOver.vfioPath, /^\/dev\/vfio\/\d+$/)
  return assignment.data
}

async function release(client: NvirtClient, { id }: Schemas['Assignment']) {
  const started = await client.POST('/v1/assignments/{id}/release', {
    params: { path: { id } },
    body: { acceptUncleaned: true },
  })
  return succeeded(client, started)
}

async function retire(client: NvirtClient, { id }: Schemas['VirtualFunction']) {
  const started = await client.DELETE('/v1/virtualFunctions/{id}', {
    params: { path: { id } },
  })
  return succeeded(client, started)
}

async function assertAsBefore(client: NvirtClient, before: Schemas['Controller']) {
  const { data } = await client.GET('/v1/controllers/{id}', {
    params: { path: { id: before.id } },
  })
  assert.deepEqual(data?.sriov, before.sriov)
  assert.equal(data?.driver, before.driver)
  assert.deepEqual(await vfsOf(client, before), [])
}

/** Each answers with its plan instead, where that is asked for. */
type Started = {
  readonly data?: Schemas['Operation'] | Schemas['Plan']
  readonly error?: Schemas['Problem']
}

/** Waits for the end of an operation, and expects the good one. */
async function succeeded(client: NvirtClient, { data, error }: Started) {
  assert.ok(data && 'state' in data, `not begun: ${JSON.stringify(error ?? data)}`)
  let operation = data
  while (!['succeeded', 'undone', 'stuck'].includes(operation.state)) {
    const { data: now, error: trouble } = await client.GET('/v1/operations/{id}/wait', {
      params: { path: { id: data.id }, query: { timeoutSeconds: 30 } },
    })
    assert.ok(now, `refused: ${JSON.stringify(trouble)}`)
    operation = now
  }
  assert.equal(operation.state, 'succeeded', JSON.stringify(operation.error))
  return operation
}

type PageAnswer<T> = {
  readonly data?: { readonly items: readonly T[]; readonly nextCursor: string | null }
  readonly error?: unknown
}

/** All pages of a list; small ones, so that the cursor is used. */
async function everything<T>(
  page: (query: { limit: number; cursor?: string }) => Promise<PageAnswer<T>>
): Promise<readonly T[]> {
  const items: T[] = []
  let query: { limit: number; cursor?: string } = { limit: 3 }
  for (;;) {
    const { data, error } = await page(query)
    assert.ok(data, `refused: ${JSON.stringify(error)}`)
    items.push(...data.items)
    if (data.nextCursor === null) return items
    query = { limit: 3, cursor: data.nextCursor }
  }
}

async function inTurn<T, R>(
  items: readonly T[],
  run: (item: T) => Promise<R>
): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(await run(item))
  return results
}
