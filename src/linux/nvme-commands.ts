/** Admin commands through a controller's character device, decoded. All of them run in the function's lane. */
import { HostDriverError } from '../host/driver.ts'
import type { AdminAnswer } from '../kernel/call.ts'
import {
  CNS,
  getEffectsLog,
  getSmartLog,
  identify,
  type NvmeAdminCommand,
} from '../nvme/admin-commands.ts'
import { commandInWords } from '../nvme/command-words.ts'
import { decodeControllerList, decodeNamespaceList } from '../nvme/id-lists.ts'
import { NAMESPACES_PER_PAGE } from '../nvme/id-lists.ts'
import {
  decodeIdentifyController,
  type IdentifyController,
} from '../nvme/identify-controller.ts'
import { decodeNamespaceDescriptors } from '../nvme/namespace-descriptors.ts'
import { decodePrimaryCapabilities } from '../nvme/primary-capabilities.ts'
import {
  decodeSecondaryList,
  SECONDARIES_PER_PAGE,
  type SecondaryEntry,
} from '../nvme/secondary-list.ts'
import { decodeSmartLog } from '../nvme/smart-log.ts'
import { supportedCommands, tenantReach, type TenantReach } from '../nvme/tenant-reach.ts'
import { statusCode, statusName, withoutDnr } from '../nvme/status.ts'
import { statusMeaning } from '../nvme/status-meaning.ts'
import type { LaneSession } from './lane-session.ts'
import { devicePath } from './sysfs-paths.ts'

/** The answer whatever its status. @throws {KernelError} the command did not reach the controller */
export function sendCommand(
  session: LaneSession,
  name: string,
  sent: NvmeAdminCommand
): Promise<AdminAnswer> {
  return session.call(adminCall(name, sent))
}

function adminCall(name: string, sent: NvmeAdminCommand) {
  return { call: 'admin', device: devicePath(name), command: sent } as const
}

/** @throws {HostDriverError} nvme-refused */
export async function command(
  session: LaneSession,
  name: string,
  sent: NvmeAdminCommand
): Promise<AdminAnswer> {
  return succeeded(name, sent, await sendCommand(session, name, sent))
}

/**
 * One that takes long, and of which no look tells afterwards that it succeeded.
 *
 * @param lateAs of whoever sends it: what it answers after its deadline is heard by the next who asks under this name
 * @param before what has to be done before it is sent
 * @throws {HostDriverError} nvme-refused; {KernelError} also of an answer that came late
 */
export async function longCommand(
  session: LaneSession,
  name: string,
  sent: NvmeAdminCommand,
  lateAs: string,
  before: () => Promise<void>
): Promise<AdminAnswer> {
  const call = adminCall(name, sent)
  const late = await session.lateAnswer(call, lateAs)
  if (late) return succeeded(name, sent, late)
  await before()
  return succeeded(name, sent, await session.call(call, { lateAs }))
}

function succeeded(name: string, sent: NvmeAdminCommand, answer: AdminAnswer): AdminAnswer {
  if (statusCode(answer.status) === 0) return answer
  const meaning = statusMeaning(sent, answer.status)
  throw new HostDriverError(`${commandInWords(sent)} through ${name}`, {
    kind: 'nvme-refused',
    status: withoutDnr(answer.status),
    statusName: statusName(answer.status),
    ...(meaning !== undefined && { meaning }),
  })
}

export async function identifyController(session: LaneSession, name: string) {
  const { data } = await command(session, name, identify(CNS.controller))
  return decodeIdentifyController(data)
}

export async function smartLog(session: LaneSession, name: string) {
  return decodeSmartLog((await command(session, name, getSmartLog())).data)
}

/** What the controller lets whoever has it do to others. */
export async function reachOf(
  session: LaneSession,
  name: string,
  identified: IdentifyController
): Promise<readonly TenantReach[]> {
  if (!identified.logsEffects) return tenantReach(identified, null)
  const { status, data } = await sendCommand(session, name, getEffectsLog())
  const logged = statusCode(status) === 0
  return tenantReach(identified, logged ? supportedCommands(data) : null)
}

export async function primaryCapabilities(session: LaneSession, name: string) {
  const { data } = await command(session, name, identify(CNS.primaryCapabilities))
  return decodePrimaryCapabilities(data)
}

/** All pages of the list, nothing of it believed yet. */
export async function secondaryEntries(
  session: LaneSession,
  name: string
): Promise<readonly SecondaryEntry[]> {
  const entries: SecondaryEntry[] = []
  for (let cntid = 0; cntid <= 0xffff;) {
    const { data } = await command(session, name, identify(CNS.secondaryList, { cntid }))
    const page = decodeSecondaryList(data)
    entries.push(...page)
    const last = page.at(-1)?.cntlid
    // A drive that ignores CNTID would give the same page for ever.
    if (page.length < SECONDARIES_PER_PAGE || last === undefined || last < cntid) break
    cntid = last + 1
  }
  return entries
}

export function allocatedNamespaceIds(session: LaneSession, name: string) {
  return namespaceList(session, name, CNS.allocatedNamespaces)
}

export function activeNamespaceIds(session: LaneSession, name: string) {
  return namespaceList(session, name, CNS.activeNamespaces)
}

async function namespaceList(session: LaneSession, name: string, cns: number) {
  const nsids: number[] = []
  for (;;) {
    const after = nsids.at(-1) ?? 0
    const { data } = await command(session, name, identify(cns, { nsid: after }))
    const page = decodeNamespaceList(data).filter((nsid) => nsid > after)
    nsids.push(...page)
    if (page.length < NAMESPACES_PER_PAGE) return nsids
  }
}

/** cntlids that the namespace is attached to, ascending. */
export async function attachedControllers(
  session: LaneSession,
  name: string,
  nsid: number
): Promise<readonly number[]> {
  const sent = identify(CNS.attachedControllers, { nsid })
  return decodeControllerList((await command(session, name, sent)).data)
}

/** null: the controller gives none, as QEMU for a namespace that is not attached to the asked controller. */
export async function namespaceDescriptors(
  session: LaneSession,
  name: string,
  nsid: number
) {
  const sent = identify(CNS.namespaceDescriptors, { nsid })
  const answer = await sendCommand(session, name, sent)
  return statusCode(answer.status) === 0 ? decodeNamespaceDescriptors(answer.data) : null
}

export function refusedByDrive(cause: unknown): cause is HostDriverError {
  return cause instanceof HostDriverError && cause.failure.kind === 'nvme-refused'
}
