/**
 * The seam between nvirt and a Linux: `realKernel` (this room) and the emulator's implement it; nothing else does.
 *
 * Two ways to call. `call` runs on the event loop and takes only what the lab showed never to block
 * (`never-blocks.ts`). A lane takes everything that can wait for a device lock: it has one call in flight, a deadline
 * after which the call is *reported* blocked (never given up: nothing can cancel it), and while a call is overdue
 * every further call is answered `blocked` at once instead of queueing behind it.
 */
import type { DescriptorHolder, KernelAnswer, KernelCall, WriteCall } from './call.ts'
import type { CounterReader, CounterSource } from './counters.ts'
import type { LateAnswers } from './late-answers.ts'

export interface Kernel {
  /**
   * A call that never blocks. @throws {KernelError} with the errno; an unknown path is ENOENT.
   * @throws Error (a bug) when the call is not one that `neverBlocks` allows.
   */
  call: <C extends KernelCall>(call: C) => Promise<KernelAnswer<C>>
  /** The lane of that key; the same key gives the same lane. Keys: a primary's PCI address, or a name. */
  lane: (key: LaneKey) => Lane
  /** Opens counters for repeated reading. Sources that do not exist read as NaN. */
  openCounters: (sources: readonly CounterSource[]) => Promise<CounterReader>
  /** Calls back for each uevent until the returned function is called. */
  watchUevents: (onUevent: (uevent: Uevent) => void) => Promise<() => Promise<void>>
  close: () => Promise<void>
}

export type LaneKey = string

export interface Lane {
  readonly key: LaneKey
  /**
   * Queues the call behind those already in this lane.
   *
   * @param deadlineMs counted from when the call starts to run
   * @throws {KernelError} the call was made, and failed with an errno
   */
  call: <C extends KernelCall>(call: C, options: LaneOptions) => Promise<LaneAnswer<C>>
  /**
   * As `call`, of writes that are made at the same time: the lane is theirs until all have come back. Of those that are
   * overdue the first is told.
   *
   * @throws {KernelError} of the first that failed, once all have come back
   */
  callTogether: (
    calls: readonly WriteCall[],
    options: LaneOptions
  ) => Promise<LaneAnswer<WriteCall>>
  /**
   * What the same call, made under that name, answered after its deadline. Given once; undefined: nothing was.
   *
   * @throws {KernelError} the call failed
   */
  lateAnswer: LateAnswers['take']
  /** The overdue call of this lane, or of a former service's lane that still hangs; undefined when the lane is free. */
  blockedBy: () => Promise<BlockedCall | undefined>
}

export type LaneOptions = {
  readonly deadlineMs: number
  /** Of `call`: what is answered after the deadline is kept under this name, for `lateAnswer`. */
  readonly lateAs?: string
}

export type LaneAnswer<C extends KernelCall> =
  | { readonly done: true; readonly answer: KernelAnswer<C> }
  | { readonly done: false; readonly blocked: BlockedCall }

/** A call that has not come back by its deadline. It may still take effect. */
export type BlockedCall = {
  /** Undefined for the call of a former service's lane whose record cannot be read. */
  readonly call: KernelCall | undefined
  /** Wall clock, ms since the epoch. */
  readonly sinceMs: number
  /** The process that makes the call, where it is a real one. */
  readonly lanePid: number | undefined
}

/** A kernel uevent. Source: Linux lib/kobject_uevent.c. */
export type Uevent = {
  readonly action: string
  readonly devpath: string
  readonly subsystem: string
  readonly properties: Readonly<Record<string, string>>
}

export type { DescriptorHolder }
