/** Answers one question, read from the machine just then. */
import { HostDriverError } from '../../host/driver.ts'
import type { Attachments, HostAnswers, HostQuery, HostReply } from '../../host/query.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { partsPresent, TRACE_LANE } from '../change/trace.ts'
import { explaining, inLane, inLaneOf, type LinuxHost } from '../in-lane.ts'
import { groupOf } from '../iommu-group.ts'
import type { LaneSession } from '../lane-session.ts'
import { namespaceIds } from '../namespace-lists.ts'
import { attachedControllers, primaryCapabilities } from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'
import { bindingOf, functionExists, resetMethodsOf, sriovOf } from '../pci-function.ts'
import { secondariesOf } from '../secondaries.ts'
import { readAllocated, readAllocation } from './allocated.ts'
import { ifReadable } from '../small-files.ts'
import { readCondition, readErasable, readFormat, readMarkersOn } from './erasable.ts'
import { readAnswering, readIdentity } from './identity.ts'
import { readTenantReach } from './tenant-reach.ts'
import { readIsolation } from './isolation.ts'
import { readAttachedTo } from './attached-to.ts'
import { readPaths } from './paths.ts'
import { readUsage } from './usage.ts'
import { readVfioGroup } from './vfio-group.ts'

/** @throws {HostDriverError} gone, kernel-refused, nvme-refused, controller-not-live */
export async function answerQuery<Q extends HostQuery>(
  host: LinuxHost,
  query: Q,
  deadlineMs: number
): Promise<HostReply<Q>> {
  if (query.read === 'trace') return readTrace(host, deadlineMs)
  const fn = 'fn' in query ? query.fn : query.pf
  const doing = `reading ${query.read} of ${fn}`
  if (query.read === 'isolation') {
    const weakenedBy = await explaining(host.kernel, fn, doing, () =>
      readIsolation(host.kernel)
    )
    return answered<Q>({ weakenedBy })
  }
  if (query.read === 'group') return answered<Q>(await readGroup(host, fn, doing))
  const lane = query.read === 'markers' ? 'erase' : 'function'
  const run = await inLaneOf(host, fn, doing, { deadlineMs, lane }, (session) =>
    query.read === 'markers'
      ? readMarkersOn(host, session, query, deadlineMs)
      : answer(host, session, query)
  )
  return run.blocked ? { answered: false, blocked: run.report } : answered<Q>(run.value)
}

/** The one place where an answer is joined with its question again: each branch below answers its own kind. */
function answered<Q extends HostQuery>(answer: HostAnswers[HostQuery['read']]) {
  return { answered: true, answer } as HostReply<Q>
}

async function readTrace<Q extends HostQuery>(
  host: LinuxHost,
  deadlineMs: number
): Promise<HostReply<Q>> {
  const options = { deadlineMs }
  const run = await inLane(host, TRACE_LANE, 'reading what is traced', options, tracedBy)
  return run.blocked ? { answered: false, blocked: run.report } : answered<Q>(run.value)
}

/** Nothing where the kernel has no traces, or does not let us see them. */
async function tracedBy({ call }: LaneSession): Promise<HostAnswers['trace']> {
  return { present: (await ifReadable(partsPresent(call))) ?? [] }
}

/** Nothing of it takes a lock, so it is answered while the lane hangs. */
async function readGroup(host: LinuxHost, fn: PciAddress, doing: string) {
  return explaining(host.kernel, fn, doing, async () => {
    if (!(await functionExists(host.kernel, fn))) {
      throw new HostDriverError(doing, { kind: 'gone', what: fn })
    }
    return { group: await groupOf(host.kernel, fn) }
  })
}

async function answer(
  host: LinuxHost,
  session: LaneSession,
  query: Exclude<HostQuery, { readonly read: 'group' | 'isolation' | 'markers' | 'trace' }>
): Promise<HostAnswers[HostQuery['read']]> {
  switch (query.read) {
    case 'identity':
      return readIdentity(host, session, query.fn)
    case 'answering':
      return readAnswering(host, query.fn)
    case 'binding':
      return bindingOf(session, query.fn)
    case 'usage':
      return { uses: await readUsage(host, session, query) }
    case 'paths':
      return { paths: await readPaths(host, query) }
    case 'sriov':
      return readSriov(session, query.pf)
    case 'resetMethods':
      return { methods: await resetMethodsOf(session.kernel, query.fn) }
    case 'primary':
      return primaryCapabilities(session, await liveController(session.kernel, query.pf))
    case 'secondaries':
      return { secondaries: await secondariesOf(session, query.pf) }
    case 'attachments':
      return { nsids: await readAttachments(session, query) }
    case 'attachmentsOfEach':
      return { attachments: await readAttachmentsOfEach(session, query) }
    case 'attachedControllers':
      return { cntlids: await readAttachedTo(session, query) }
    case 'tenantReach':
      return { reach: await readTenantReach(session, query.fn) }
    case 'condition':
      return readCondition(session, query.fn)
    case 'erasable':
      return readErasable(session, query)
    case 'format':
      return { format: await readFormat(session, query) }
    case 'allocation':
      return readAllocation(session, query)
    case 'allocated':
      return readAllocated(session, query)
    case 'vfioGroup':
      return readVfioGroup(session, query.fn)
  }
}

async function readSriov(session: LaneSession, pf: PciAddress) {
  const sriov = await sriovOf(session, pf)
  if (sriov !== null) return sriov
  throw new HostDriverError(`reading SR-IOV of ${pf}`, { kind: 'no-sriov-driver' })
}

async function readAttachments(
  session: LaneSession,
  { pf, cntlid }: { readonly pf: PciAddress; readonly cntlid: number }
): Promise<readonly number[]> {
  const [found] = await readAttachmentsOfEach(session, { pf, cntlids: [cntlid] })
  return found?.nsids ?? []
}

async function readAttachmentsOfEach(
  session: LaneSession,
  { pf, cntlids }: { readonly pf: PciAddress; readonly cntlids: readonly number[] }
): Promise<readonly Attachments[]> {
  const name = await liveController(session.kernel, pf)
  const attached: { readonly nsid: number; readonly to: readonly number[] }[] = []
  for (const nsid of await namespaceIds(session, name))
    attached.push({ nsid, to: await attachedControllers(session, name, nsid) })
  return cntlids.map((cntlid) => ({
    cntlid,
    nsids: attached.filter(({ to }) => to.includes(cntlid)).map(({ nsid }) => nsid),
  }))
}
