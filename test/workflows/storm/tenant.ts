/** One of those who ask for something in a storm: of one namespace of a host, or of its plain controller. */
import { DEMO } from '../../../src/access/caller.ts'
import type { StoreReader } from '../../../src/store/store.ts'
import type { AssignmentRow, VirtualFunctionRow } from '../../../src/store/rows.ts'
import { PF, PLAIN, type StormHost } from './fleet.ts'
import type { Ask } from './service.ts'

export type Tenant = {
  readonly host: StormHost
  /** null: it wants the plain controller. */
  readonly nsid: number | null
}

/** A number from 0 up to but not 1. */
export type Draw = () => number

/** What it wants next, by what there is; undefined: it waits for somebody else. */
export function nextAsk(tenant: Tenant, read: StoreReader, draw: Draw): Ask | undefined {
  const { controllers, virtualFunctions } = read.inventoryOf(tenant.host.id)
  if (tenant.nsid === null) {
    // Of one that came back and was not seen to answer there are two rows.
    const plain = controllers.find(({ address, present }) => present && address === PLAIN)
    return plain && (handBack(read, plain.id, draw) ?? assign({ controllerId: plain.id }))
  }
  const { nsid } = tenant
  const vf = virtualFunctions.find(({ provisioned }) => provisioned?.nsids.includes(nsid))
  if (!vf) return provision(tenant.host.id, nsid, read, draw)
  if (read.standingAssignment(vf.id)) return handBack(read, vf.id, draw)
  return draw() < 0.3 || isQuarantined(vf)
    ? retire(vf)
    : assign({ virtualFunctionId: vf.id })
}

/** What it has goes back, as it is, step by step. */
export function nextAskOfEnd(tenant: Tenant, read: StoreReader): Ask | undefined {
  const { id: hostId } = tenant.host
  const { nsid } = tenant
  if (nsid === null) {
    const ofControllers = read
      .standingAssignmentsOf(hostId)
      .find(({ functionKind }) => functionKind === 'controller')
    return ofControllers && letGo(ofControllers)
  }
  const { virtualFunctions } = read.inventoryOf(hostId)
  const vf = virtualFunctions.find(({ provisioned }) => provisioned?.nsids.includes(nsid))
  if (!vf) return undefined
  const standing = read.standingAssignment(vf.id)
  return standing ? letGo(standing) : retire(vf)
}

function letGo({ id }: AssignmentRow): Ask {
  return ({ release }, key) => release(DEMO, id, { acceptUncleaned: true }, key)
}

function handBack(read: StoreReader, functionId: string, draw: Draw): Ask | undefined {
  const standing = read.standingAssignment(functionId)
  if (standing?.state !== 'ready' && standing?.state !== 'quarantined') return undefined
  const acceptUncleaned = standing.state === 'quarantined' || draw() < 0.5
  return ({ release }, key) => release(DEMO, standing.id, { acceptUncleaned }, key)
}

function provision(
  hostId: string,
  nsid: number,
  read: StoreReader,
  draw: Draw
): Ask | undefined {
  const { controllers, namespaces } = read.inventoryOf(hostId)
  const primary = controllers.find(({ address }) => address === PF)
  const namespace = namespaces.find(
    ({ observation }) => observation.nsid === nsid && observation.serial === primary?.serial
  )
  if (!primary || !namespace) return undefined
  const ioQueuePairs = 1 + Math.floor(draw() * 3)
  const driver = draw() < 0.5 ? 'nvme' : 'none'
  const virtualFunctions = [{ ioQueuePairs, namespaceIds: [namespace.id] }]
  return (workflows, key) =>
    workflows.provision(DEMO, primary.id, { virtualFunctions, driver }, key)
}

function assign(
  what: { readonly controllerId: string } | { readonly virtualFunctionId: string }
): Ask {
  const request = { ...what, consumer: 'vm', accept: ['not-tenant-safe'] as const }
  return (workflows, key) => workflows.assign(DEMO, request, key)
}

function retire({ id }: VirtualFunctionRow): Ask {
  return (workflows, key) => workflows.retire(DEMO, id, key)
}

function isQuarantined({ provisioned }: VirtualFunctionRow): boolean {
  return provisioned?.quarantine !== undefined
}
