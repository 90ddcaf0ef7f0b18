/** One call on an emulated machine: delayed, written down, spoiled if a fault says so, done, journalled. */
import type { Clock } from '../clock.ts'
import type { KernelCall } from '../kernel/call.ts'
import { KernelError } from '../kernel/kernel-error.ts'
import { isControl, pretendedAnswer, tookEffect } from './call-kinds.ts'
import type { FaultInjector, Strike } from './faults/fault-injector.ts'
import type { Journal } from './journal.ts'
import type { Host } from './host-in-boots.ts'
import { pathOf } from './system-calls.ts'
import type { AnyAnswer } from './system-calls.ts'

export type CallRunner = (call: KernelCall) => AnyAnswer | Promise<AnyAnswer>

export type RunnerParts = {
  readonly host: Host
  readonly journal: Journal
  readonly faults: FaultInjector
  readonly transcript: KernelCall[]
  readonly clock: Clock
  readonly callLatencyMs?: number
}

/** What throws at once and what rejects is the same refusal. */
export function callRunner(parts: RunnerParts): CallRunner {
  const { clock, callLatencyMs = 0 } = parts
  if (callLatencyMs === 0) return (call) => begun(parts, call)
  return async (call) => {
    await clock.sleep(callLatencyMs)
    return begun(parts, call)
  }
}

function begun(parts: RunnerParts, call: KernelCall): AnyAnswer | Promise<AnyAnswer> {
  const { host, faults, transcript } = parts
  const { linux, calls } = bootOf(host, call)
  linux.time.catchUp()
  if (isControl(call)) transcript.push(call)
  const strike = faults.strike(linux, call)
  if (strike) return spoiled(parts, call, strike)
  return calls.answerNow(call) ?? done(parts, call)
}

/** The boot that answers the call. A machine that is down is one that does not answer. */
function bootOf(host: Host, call: KernelCall) {
  const running = host.running()
  if (!running) throw gone(call)
  return running
}

function gone(call: KernelCall): KernelError {
  return new KernelError(call.call, pathOf(call), 'EIO')
}

async function spoiled(
  parts: RunnerParts,
  call: KernelCall,
  { kind, hang }: Strike
): Promise<AnyAnswer> {
  switch (kind.fault) {
    case 'errno':
      throw new KernelError(call.call, pathOf(call), kind.errno)
    case 'status':
      return withStatus(call, kind.status)
    case 'status-with-effect':
      await done(parts, call)
      await parts.clock.sleep(kind.ms)
      return withStatus(call, kind.status)
    case 'without-effect': {
      const pretended = isControl(call) ? pretendedAnswer(call) : undefined
      return pretended === undefined ? done(parts, call) : pretended
    }
    case 'slow':
      await parts.clock.sleep(kind.ms)
      return done(parts, call)
    case 'never-returns': {
      const how = await hang()
      if (how === 'with-effect') return done(parts, call)
      if (how === 'host-gone') throw gone(call)
      throw new KernelError(call.call, pathOf(call), 'EINTR')
    }
  }
}

function withStatus(call: KernelCall, status: number): AnyAnswer {
  const length = call.call === 'admin' ? (call.command.dataInLength ?? 0) : 0
  return { status, result: 0, data: new Uint8Array(length) }
}

/**
 * Journalled once: when it is done, or when its effect is there and it goes on waiting. Whoever waits while the host is
 * switched off hears that it has gone.
 */
async function done({ host, journal }: RunnerParts, call: KernelCall): Promise<AnyAnswer> {
  const { linux, calls, switchedOff } = bootOf(host, call)
  linux.time.catchUp()
  let recorded: Promise<void> | undefined
  const record = () => {
    recorded ??= journal.append({ atMs: linux.uptimeMs(), call })
    // Awaited below, but perhaps not before a guest lets go.
    recorded.catch(() => {})
  }
  const ended = switchedOff.then(() => {
    throw gone(call)
  })
  const answer = await Promise.race([calls.perform(call, record), ended])
  if (isControl(call) && tookEffect(call, answer)) record()
  await recorded
  return answer
}
