/** The lane of a real kernel: its calls are made by a process of its own, started when the first call comes. */
import { closeSync, statSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { KernelAnswer, KernelCall, WriteCall } from './call.ts'
import { KernelError } from './kernel-error.ts'
import type { BlockedCall, LaneKey } from './kernel.ts'
import { startLaneChild } from './lane-child.ts'
import type { LaneChild } from './lane-child.ts'
import { isLaneHeld, laneFiles, recordedCall, takeLaneLock } from './lane-lock.ts'
import type { LaneFiles } from './lane-lock.ts'
import type { LaneExecutor } from './queue-lane.ts'
import { subjectOf } from './system-call.ts'
import { fromLine, toLine } from './wire.ts'

export type ProcessLaneOptions = {
  readonly clock: Clock
  readonly laneFolder: string
  readonly nodeArguments: readonly string[]
}

export type ProcessLane = LaneExecutor & { readonly close: () => Promise<void> }

/** A former service's lane that hangs in no call goes by itself: it sees the end of its pipe. Until then we wait. */
const LEAVING_MS = 1_000
const LOOK_EVERY_MS = 20
/** Under an emulated CPU that others use too, Node has taken some ten seconds to start. */
const START_LIMIT_MS = 60_000

export function processLane(key: LaneKey, options: ProcessLaneOptions): ProcessLane {
  const { clock, laneFolder, nodeArguments } = options
  const files = laneFiles(laneFolder, key)
  let child: LaneChild | undefined
  let starting: Promise<BlockedCall | undefined> | undefined
  let asking = false
  let closed = false

  async function inherited(): Promise<BlockedCall | undefined> {
    if (child) return undefined
    if (starting) return starting
    return isLaneHeld(files) ? whoHolds(files, clock) : undefined
  }

  async function ready(): Promise<BlockedCall | undefined> {
    if (closed) throw new Error(`lane ${key} is closed`)
    if (child) return undefined
    starting ??= start().finally(() => (starting = undefined))
    return starting
  }

  async function start(): Promise<BlockedCall | undefined> {
    for (;;) {
      const lock = takeLaneLock(files)
      if (lock !== undefined) return startWith(lock)
      const holder = await whoHolds(files, clock)
      if (holder) return holder
    }
  }

  async function startWith(lock: number): Promise<undefined> {
    const tooLong = new AbortController()
    const cancel = clock.after(START_LIMIT_MS, () => tooLong.abort())
    try {
      const { record } = files
      const started = await startLaneChild(key, record, lock, nodeArguments, tooLong.signal)
      child = started
      void started.ended.then(() => (child = child === started ? undefined : child))
    } finally {
      cancel()
      closeSync(lock) // the process has its own copy
    }
  }

  function execute<C extends KernelCall>(call: C): Promise<KernelAnswer<C>> {
    return asked(call, {})
  }

  async function executeTogether(together: readonly WriteCall[]): Promise<null> {
    const [first] = together
    return first === undefined ? null : asked(first, { together })
  }

  async function asked<C extends KernelCall>(
    call: C,
    more: { readonly together?: readonly WriteCall[] }
  ): Promise<KernelAnswer<C>> {
    if (!child) throw new KernelError(call.call, subjectOf(call), 'EINTR')
    asking = true
    const maker = child
    const line = toLine({ call, ...more, sinceMs: clock.nowMs(), lanePid: maker.pid })
    const answer = await maker.ask(line).finally(() => (asking = false))
    if (answer === undefined) throw await endedInCall(maker, call)
    return answerOf(answer)
  }

  async function close(): Promise<void> {
    closed = true
    await starting?.catch(() => undefined)
    const last = child
    last?.end()
    // One that is in a call may hang for ever; it goes when that comes back.
    if (last && !asking) await last.ended
  }

  return { execute, executeTogether, inherited, ready, close, pid: () => child?.pid }
}

/** A process that held the lock and has gone while we looked, holds nothing. */
async function whoHolds(files: LaneFiles, clock: Clock): Promise<BlockedCall | undefined> {
  for (let waitedMs = 0; waitedMs < LEAVING_MS; waitedMs += LOOK_EVERY_MS) {
    const recorded = recordedCall(files)
    if (!isLaneHeld(files)) return undefined
    if (recorded) return recorded
    await clock.sleep(LOOK_EVERY_MS)
  }
  const sinceMs =
    statSync(files.record, { throwIfNoEntry: false })?.mtimeMs ?? clock.nowMs()
  return { call: undefined, sinceMs, lanePid: undefined }
}

async function endedInCall(child: LaneChild, call: KernelCall): Promise<KernelError> {
  const how = await child.ended
  const error = new KernelError(call.call, subjectOf(call), 'EINTR')
  error.cause = new Error(`the lane's process ended: ${how}`)
  return error
}

/** The line is our own process's, by lane-process.ts. */
function answerOf<C extends KernelCall>(line: string): KernelAnswer<C> {
  const { answer, refused, bug } = fromLine(line) as {
    readonly answer: KernelAnswer<C>
    readonly refused?: Pick<KernelError, 'call' | 'path' | 'errno'>
    readonly bug?: string
  }
  if (bug !== undefined) throw new Error(bug)
  if (refused) throw new KernelError(refused.call, refused.path, refused.errno)
  return answer
}
