/** Counting of NVMe commands by the kernel's traces: what of it is there, and how it is made and removed. */
import type { ApplyContext, ChangeOutcome, TraceChange } from '../../host/change.ts'
import { HostDriverError } from '../../host/driver.ts'
import type { NoTracing } from '../../host/frame.ts'
import { TRACE_PARTS, type TracePart } from '../../host/query.ts'
import type { WriteCall } from '../../kernel/call.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import { inLane, type LinuxHost } from '../in-lane.ts'
import { ifPresent, ifReadable, type Caller } from '../small-files.ts'
import { TRACING } from '../sysfs-paths.ts'
import { armWrite, disarmWrite, TRACE_LINES } from '../trace-parts.ts'
import { changeInWords } from './change-in-words.ts'
import { expectEffect } from './post-condition.ts'

/** Arming takes the kernel's lock of all events, and up to seconds, so it has a lane of its own. */
export const TRACE_LANE = 'trace'

/** Safe to repeat. @throws {HostDriverError} no-tracing, no-effect, kernel-refused */
export async function applyTraceChange(
  host: LinuxHost,
  change: TraceChange,
  deadlineMs: ApplyContext['deadlineMs']
): Promise<ChangeOutcome> {
  const doing = changeInWords(change)
  const run = await inLane(host, TRACE_LANE, doing, { deadlineMs }, async (session) => {
    await carryOut(session.call, change)
    return session.changes
  })
  return run.blocked
    ? { outcome: 'blocked', blocked: run.report }
    : { outcome: 'done', writes: run.value }
}

async function carryOut(call: Caller, change: TraceChange): Promise<void> {
  try {
    for (const write of traceWrites(change, await partsPresent(call))) await call(write)
    const wished = change.change === 'armTrace' ? TRACE_PARTS : []
    expectEffect(change, {
      expected: inWords(wished),
      found: inWords(await partsPresent(call)),
    })
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause
    const why = await whyNot(call, cause)
    // Where there is no tracing, nothing of ours is there.
    if (why !== undefined && change.change === 'disarmTrace') return
    if (why === undefined) throw cause
    throw new HostDriverError(changeInWords(change), { kind: 'no-tracing', why }, cause)
  }
}

function inWords(parts: readonly TracePart[]): string {
  return parts.length === 0 ? 'nothing armed' : parts.join(', ')
}

/** What is missing, in its order; what is too much, in the reverse one. */
export function traceWrites(
  change: TraceChange,
  present: readonly TracePart[]
): readonly WriteCall[] {
  const isPresent = (part: TracePart) => present.includes(part)
  if (change.change === 'disarmTrace')
    return TRACE_PARTS.filter(isPresent).toReversed().map(disarmWrite)
  const missing = TRACE_PARTS.filter((part) => !isPresent(part))
  return missing.map((part) => armWrite(part, change.queues))
}

/** Told by what is made first and removed last. On the event loop: no process of a lane is started where nothing is. */
export async function maybeArmed({ call }: Kernel): Promise<boolean> {
  const { path, mark } = TRACE_LINES['latency-event']
  const text = await ifReadable(call({ call: 'read', path }))
  return text !== null && mark.test(text)
}

/** @throws {KernelError} ENOENT where there is no tracing */
export async function partsPresent(call: Caller): Promise<readonly TracePart[]> {
  const present: TracePart[] = []
  for (const part of TRACE_PARTS) {
    const { path, mark } = TRACE_LINES[part]
    const reading = call({ call: 'read', path })
    // An event has files only while it is there: ours, or those of the nvme driver.
    const text = part === 'latency-event' ? await reading : await ifPresent(reading)
    if (text !== null && mark.test(text)) present.push(part)
  }
  return present
}

/** undefined: it has another reason than that the kernel cannot. */
async function whyNot(
  call: Caller,
  { errno }: KernelError
): Promise<NoTracing | undefined> {
  if (errno === 'EACCES' || errno === 'EPERM') return 'not-permitted'
  if (errno !== 'ENOENT') return undefined
  const has = (path: string) => call({ call: 'exists', path: `${TRACING}/${path}` })
  if (!(await has('events'))) return 'not-mounted'
  if (!(await has('synthetic_events'))) return 'no-histograms'
  return (await has('events/nvme/nvme_sq')) ? undefined : 'no-nvme-events'
}
