/** Findings as events of the service: of readings as they come, and of health after each scan. */
import path from 'node:path'
import { isoTime, type Clock } from '../../clock.ts'
import { eventWrite } from '../../events/events.ts'
import type { Store } from '../../store/store.ts'
import type { FunctionReading } from '../history/intake.ts'
import { Finder, type Told } from './finder.ts'
import { functionFacts } from './function-facts.ts'
import { LatencyWatch, type FormerMinutes } from './latency-watch.ts'
import { readOpenFindings, writeOpenFindings } from './open-findings.ts'

export type FindingsOptions = {
  /** NVIRT_DATA. */
  readonly data: string
  readonly store: Store
  readonly clock: Clock
  readonly former: FormerMinutes
  readonly onTrouble: (doing: string, trouble: unknown) => void
}

export type Findings = {
  readonly take: (reading: FunctionReading) => void
  /** A scan of that host is in the store. */
  readonly scanned: (hostId: string) => void
  /** What has begun and not ended. */
  readonly open: Finder['open']
  readonly stop: () => Promise<void>
}

const SWEEP_MS = 60_000

export async function openFindings(options: FindingsOptions): Promise<Findings> {
  const { store, clock, onTrouble } = options
  const file = path.join(options.data, 'history', 'open-findings.json')
  const facts = functionFacts(store)
  const latencies = new LatencyWatch(options.former)
  let telling = Promise.resolve()

  async function tell(told: Told, at: string): Promise<void> {
    await store.commit([eventOf(told, at)])
    await writeOpenFindings(file, finder.open())
  }

  const finder = new Finder({
    ...facts,
    latencies,
    onTold: (told) => {
      const at = isoTime(clock.nowMs())
      telling = telling
        .then(() => tell(told, at))
        .catch((trouble: unknown) => onTrouble('telling of a finding', trouble))
    },
  })
  finder.restore(await readOpenFindings(file), clock.nowMs())
  const stopSweeping = clock.every(SWEEP_MS, () => {
    finder.sweep(clock.nowMs())
    latencies.sweep(clock.nowMs())
  })
  return {
    take: (reading) => finder.take(reading, clock.nowMs()),
    scanned: (hostId) => {
      for (const { controllerId: id, health } of store.read.healthOf(hostId))
        finder.takeHealth({ hostId, kind: 'controller', id }, health, clock.nowMs())
    },
    open: () => finder.open(),
    stop: async () => {
      stopSweeping()
      facts.stop()
      await telling
    },
  }
}

function eventOf({ kind, subject, qid, told, detail }: Told, at: string) {
  const { id, hostId } = subject
  const word = subject.kind === 'controller' ? 'controller' : 'virtual-function'
  return eventWrite({
    type: `${word}.finding-${told}`,
    at,
    hostId,
    subject: { kind: subject.kind, id },
    actor: 'system',
    tenant: 'default',
    operationId: null,
    detail: { finding: kind, qid, numbers: detail },
  })
}
