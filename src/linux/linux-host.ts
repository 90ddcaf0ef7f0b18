/** The host driver: one implementation over any kernel. */
import type { Clock } from '../clock.ts'
import type { HostFacts } from '../host/observation.ts'
import { HostDriverError, type HostDriver, type WatchDetail } from '../host/driver.ts'
import { KernelError } from '../kernel/kernel-error.ts'
import type { Kernel, LaneKey } from '../kernel/kernel.ts'
import { answerQuery } from './ask/answer-query.ts'
import { applyChange } from './change/apply-change.ts'
import { createFences } from './change/fences.ts'
import { previewChange } from './change/preview-change.ts'
import type { KnownCpus } from './counters/counter-plan.ts'
import { createTraceUse } from './counters/trace-use.ts'
import { watchFunctions } from './counters/watch-functions.ts'
import { readHostFacts } from './host-facts.ts'
import { refused, type LinuxHost } from './in-lane.ts'
import { createKinships } from './kinship.ts'
import type { SessionOptions } from './lane-session.ts'
import { scanHost } from './scan/scan-host.ts'
import { createUevents } from './uevents.ts'

export type LinuxHostOptions = {
  /** 32 hex digits, for a host without /etc/machine-id: asked for only there. */
  readonly machineId?: () => string
  /** Frames name the emulator among their sources. */
  readonly emulated?: boolean
  /** For each kernel call of a question. */
  readonly askDeadlineMs?: number
  /** How long a scan waits for one call of a lane that is busy, before it does without. One that is blocked it skips. */
  readonly scanPatienceMs?: number
}

const ASK_DEADLINE_MS = 5000
const NO_DETAIL: WatchDetail = { trace: false }
const SCAN_DEADLINE_MS = 5000
/** The start of a lane of its own included, which is a process. */
const SCAN_PATIENCE_MS = 8000

/** The kernel stays its maker's: `close` ends watches and subscriptions, and leaves it open. */
export function linuxHost(
  kernel: Kernel,
  clock: Clock,
  options: LinuxHostOptions = {}
): HostDriver {
  const deadlineMs = options.askDeadlineMs ?? ASK_DEADLINE_MS
  const host: LinuxHost = { kernel, clock, kinships: createKinships(kernel) }
  const uevents = createUevents(kernel)
  const knownCpus: KnownCpus = new Map()
  const fences = createFences()
  const traces = createTraceUse(host, deadlineMs)
  const running = new Set<() => Promise<void>>()
  const scanning: SessionOptions = {
    deadlineMs: SCAN_DEADLINE_MS,
    patience: {
      clock,
      ms: options.scanPatienceMs ?? SCAN_PATIENCE_MS,
      leftBehind: new Set<LaneKey>(),
    },
  }

  async function facts(): Promise<HostFacts> {
    return explained('reading the facts of this host', () =>
      readHostFacts(kernel, options.machineId)
    )
  }

  /** Remembered until it is stopped, so that `close` can. */
  function kept(stop: () => Promise<void>): () => Promise<void> {
    const once = async () => {
      if (running.delete(once)) await stop()
    }
    running.add(once)
    return once
  }

  return {
    facts,
    scan: async () => {
      const own = await facts()
      return explained('scanning this host', () => scanHost(host, own, scanning))
    },
    ask: (query) => answerQuery(host, query, deadlineMs),
    apply: (change, context) => applyChange(host, { fences, traces }, change, context),
    preview: (change, found) => previewChange(kernel, change, found),
    watch: async (functions, periodMs, onFrame, onTrouble, detail = NO_DETAIL) => {
      const emulated = options.emulated ?? false
      const watched = { ...host, uevents, traces, knownCpus, emulated }
      const watching = { functions, periodMs, onFrame, onTrouble, detail }
      return kept(await watchFunctions(watched, watching))
    },
    onUevent: async (listener) =>
      kept(
        await uevents.listen(({ action, devpath }) =>
          listener(`${action} ${devpath}`.trimEnd())
        )
      ),
    close: async () => {
      await Promise.all([...running].map((stop) => stop()))
      await traces.close()
    },
  }
}

async function explained<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof HostDriverError || !(cause instanceof KernelError)) throw cause
    throw refused(doing, cause)
  }
}
