/** What tests of the API do over and over: find things by their place, and see an operation to its end. */
import type { components } from '../client/schema.ts'
import type { Caller, Page } from './call.ts'

export type Schemas = components['schemas']
export type Operation = Schemas['Operation']

export async function controllerAt(api: Caller, address: string) {
  const { items } = await api.ok<Page<Schemas['Controller']>>('listControllers')
  const found = items.find(({ pciAddress }) => pciAddress === address)
  if (!found) throw new Error(`no controller at ${address}`)
  return found
}

export async function namespaceOf(api: Caller, subsystemNqn: string, nsid: number) {
  const { items } = await api.ok<Page<Schemas['Namespace']>>('listNamespaces')
  const found = items.find((one) => one.subsystemNqn === subsystemNqn && one.nsid === nsid)
  if (!found) throw new Error(`no namespace ${nsid} of ${subsystemNqn}`)
  return found
}

export async function provisionedVfs(api: Caller, controllerId: string) {
  const { items } = await api.ok<Page<Schemas['VirtualFunction']>>('listVirtualFunctions', {
    query: { controllerId },
  })
  return items.filter(({ provisioned }) => provisioned !== null)
}

/** Starts an operation and waits for its end. */
export async function ended(api: Caller, started: Operation): Promise<Operation> {
  let operation = started
  for (let waits = 0; waits < 5; waits++) {
    if (['succeeded', 'undone', 'stuck'].includes(operation.state)) return operation
    operation = await api.ok<Operation>('waitForOperation', {
      path: { id: started.id },
      query: { timeoutSeconds: 10 },
    })
  }
  throw new Error(`it does not end: ${JSON.stringify(operation)}`)
}

/** @throws when it ends in another way */
export async function succeeded(api: Caller, started: Operation): Promise<Operation> {
  const operation = await ended(api, started)
  if (operation.state === 'succeeded') return operation
  throw new Error(`it ended ${operation.state}: ${JSON.stringify(operation.error)}`)
}

/** One VF with that many I/O queue pairs. */
export async function provisionOne(api: Caller, controllerId: string, ioQueuePairs = 1) {
  const before = await provisionedVfs(api, controllerId)
  const started = await api.ok<Operation>('provisionVirtualFunctions', {
    path: { id: controllerId },
    body: { virtualFunctions: [{ ioQueuePairs, namespaceIds: [] }] },
  })
  await succeeded(api, started)
  const after = await provisionedVfs(api, controllerId)
  const vf = after.find(({ id }) => !before.some((known) => known.id === id))
  if (!vf) throw new Error('no VF was provisioned')
  return vf
}

export async function retire(api: Caller, id: string): Promise<Operation> {
  return succeeded(api, await api.ok<Operation>('retireVirtualFunction', { path: { id } }))
}

export async function assignmentOf(api: Caller, functionId: string) {
  const { items } = await api.ok<Page<Schemas['Assignment']>>('listAssignments')
  const found = items.filter((one) => one.functionId === functionId).at(-1)
  if (!found) throw new Error(`no assignment of ${functionId}`)
  return found
}
