/**
 * The calls that one piece of work makes in one lane. A call that does not come back ends the work with `LaneBlocked`,
 * which never leaves this room: `in-lane.ts` turns it into a report.
 */
import type { Clock } from '../clock.ts'
import { commandInWords } from '../nvme/command-words.ts'
import { OPCODE } from '../nvme/admin-commands.ts'
import type { KernelAnswer, KernelCall, WriteCall } from '../kernel/call.ts'
import type {
  BlockedCall,
  Kernel,
  LaneAnswer,
  LaneKey,
  LaneOptions,
} from '../kernel/kernel.ts'

export class LaneBlocked extends Error {
  readonly key: LaneKey
  readonly blocked: BlockedCall

  constructor(key: LaneKey, blocked: BlockedCall) {
    super(`the lane of ${key} does not come back`)
    this.name = 'LaneBlocked'
    this.key = key
    this.blocked = blocked
  }
}

export type LaneSession = {
  readonly key: LaneKey
  readonly kernel: Kernel
  /** In the lane. @throws {KernelError} the errno; {LaneBlocked} */
  readonly call: <C extends KernelCall>(
    call: C,
    options?: Pick<LaneOptions, 'lateAs'>
  ) => Promise<KernelAnswer<C>>
  /** What that call answered when it was no longer waited for. @throws {KernelError} */
  readonly lateAnswer: <C extends KernelCall>(
    call: C,
    lateAs: string
  ) => Promise<KernelAnswer<C> | undefined>
  /** Writes that are made at the same time. @throws as `call`: what the first that failed says, once all have ended */
  readonly callTogether: (calls: readonly WriteCall[]) => Promise<void>
  /** What has been changed so far, in words. */
  readonly changes: readonly string[]
}

export type SessionOptions = {
  /** For each call, from when it starts to run. */
  readonly deadlineMs: number
  /** How long the whole of a call may take, those before it in the lane included. Absent: as long as they take. */
  readonly patience?: Patience
}

/**
 * For work that would rather know nothing than wait. A call that it left behind stays in the lane, so at most one is
 * left there: until that has come back, `leftBehind` turns later sessions away.
 */
export type Patience = {
  readonly clock: Clock
  readonly ms: number
  readonly leftBehind: Set<LaneKey>
}

export function laneSession(
  kernel: Kernel,
  key: LaneKey,
  options: SessionOptions
): LaneSession {
  const lane = kernel.lane(key)
  const { deadlineMs, patience } = options
  const changes: string[] = []
  let missed: LaneBlocked | undefined

  async function call<C extends KernelCall>(
    c: C,
    more: Pick<LaneOptions, 'lateAs'> = {}
  ): Promise<KernelAnswer<C>> {
    const options = { deadlineMs, ...more }
    const answer = await unlessMissed(() => answered(() => lane.call(c, options)))
    if (isChange(c)) changes.push(callInWords(c))
    return answer
  }

  async function lateAnswer<C extends KernelCall>(c: C, lateAs: string) {
    const answer = await lane.lateAnswer(lateAs, c)
    if (answer !== undefined && isChange(c)) changes.push(callInWords(c))
    return answer
  }

  async function callTogether(calls: readonly WriteCall[]): Promise<void> {
    await unlessMissed(() => answered(() => lane.callTogether(calls, { deadlineMs })))
    changes.push(...calls.map(callInWords))
  }

  async function unlessMissed<T>(work: () => Promise<T>): Promise<T> {
    if (missed) throw missed
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof LaneBlocked) missed = cause
      throw cause
    }
  }

  async function answered<C extends KernelCall>(
    asked: () => Promise<LaneAnswer<C>>
  ): Promise<KernelAnswer<C>> {
    const answer = await (patience ? patiently(patience, key, asked) : asked())
    if (!answer.done) throw new LaneBlocked(key, answer.blocked)
    return answer.answer
  }

  return { key, kernel, call, lateAnswer, callTogether, changes }
}

async function patiently<T>(
  { clock, ms, leftBehind }: Patience,
  key: LaneKey,
  ask: () => Promise<T>
): Promise<T> {
  const busy = () =>
    new LaneBlocked(key, { call: undefined, sinceMs: clock.nowMs(), lanePid: undefined })
  if (leftBehind.has(key)) throw busy()
  let enough: () => void = () => {}
  const asked = ask()
  const timeout = new Promise<never>((_resolve, reject) => {
    enough = clock.after(ms, () => {
      leftBehind.add(key)
      asked.catch(() => {}).finally(() => leftBehind.delete(key))
      reject(busy())
    })
  })
  return Promise.race([asked, timeout]).finally(enough)
}

/** Whether a call may change the machine. */
export function isChange(call: KernelCall): boolean {
  if (WRITES.includes(call.call)) return true
  if (call.call !== 'admin') return false
  const { opcode } = call.command
  return CHANGES.includes(opcode)
}

const WRITES: readonly KernelCall['call'][] = ['write', 'writeBlocks', 'writeZeroes']

const CHANGES: readonly number[] = [
  OPCODE.namespaceManagement,
  OPCODE.namespaceAttachment,
  OPCODE.virtualizationManagement,
  OPCODE.formatNvm,
]

/** As in `write /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs "0"`. */
export function callInWords(call: KernelCall): string {
  switch (call.call) {
    case 'write':
      return `write ${call.path} ${JSON.stringify(call.text)}`
    case 'admin':
      return `${commandInWords(call.command)} through ${call.device}`
    case 'read':
    case 'readBytes':
      return `read ${call.path}`
    case 'readLink':
      return `read link ${call.path}`
    case 'readDir':
      return `list ${call.path}`
    case 'exists':
      return `look for ${call.path}`
    case 'openExclusive':
      return `open ${call.path} exclusively`
    case 'holdDisk':
      return `hold ${call.path}`
    case 'letGoDisk':
      return `let go of ${call.path}`
    case 'readBlocks':
      return `read ${call.length} bytes of ${call.path} at ${call.offset}`
    case 'writeBlocks':
      return `write ${call.bytes.length} bytes to ${call.path} at ${call.offset}`
    case 'writeZeroes':
      return `write ${call.length} zero bytes to ${call.path} at ${call.offset}`
    case 'vfioGroupStatus':
      return `open ${call.path}`
    case 'holders':
      return `find who holds ${call.path}`
  }
}
