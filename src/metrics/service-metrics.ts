/** What the service does: numbers that are looked up when somebody scrapes. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Hosts } from '../host/hosts.ts'
import type { Store } from '../store/store.ts'

export type ServiceNumbers = {
  readonly hosts: Hosts
  readonly store: Store
  readonly telemetry: () => { readonly subscribers: number; readonly frames: number }
  readonly history: () => {
    readonly series: number
    readonly queues: number
    readonly memoryBytes: number
    readonly diskBytes: number
  }
  /** The kind of each finding that is open. */
  readonly findings: () => readonly string[]
}

/** Seconds. */
const REQUEST_BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]

const ENDS = ['succeeded', 'undone', 'stuck'] as const

/** @returns the end of what it listens to, and where requests and dropped frames are told */
export function serviceMetrics(registry: Registry, numbers: ServiceNumbers) {
  const registers = [registry]
  const requests = new Histogram({
    name: 'nvirt_http_request_duration_seconds',
    help: 'Requests, by route as the API documents it',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_BUCKETS,
    registers,
  })
  fleetGauges(registers, numbers)
  telemetryNumbers(registers, numbers)
  const dropped = new Counter({
    name: 'nvirt_telemetry_frames_dropped_total',
    help: 'Frames left out for subscribers who were slow, each for each of them',
    registers,
  })
  const stop = operationsEnded(registers, numbers.store)
  return { requests, dropped, stop }
}

function fleetGauges(
  registers: Registry[],
  { hosts, store, findings }: ServiceNumbers
): void {
  countedBy(
    registers,
    'nvirt_hosts',
    'Hosts, by whether they can be reached',
    'reach',
    () => hosts.all().map(({ reach }) => reach)
  )
  countedBy(
    registers,
    'nvirt_operations_open',
    'Operations that have not ended',
    'state',
    () => store.read.openOperations().map(({ state }) => state)
  )
  countedBy(
    registers,
    'nvirt_findings_open',
    'Findings that have begun and not ended',
    'finding',
    findings
  )
}

function telemetryNumbers(
  registers: Registry[],
  { telemetry, history }: ServiceNumbers
): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  gauge(
    'nvirt_telemetry_subscribers',
    'Subscriptions to telemetry',
    () => telemetry().subscribers
  )
  new Counter({
    name: 'nvirt_telemetry_frames_total',
    help: 'Frames given to subscribers',
    registers,
    collect() {
      this.reset()
      this.inc(telemetry().frames)
    },
  })
  gauge('nvirt_history_series', 'Series in memory', () => history().series)
  gauge(
    'nvirt_history_queues',
    'Queues that are kept by the second',
    () => history().queues
  )
  gauge('nvirt_history_memory_bytes', 'Of the memory budget', () => history().memoryBytes)
  gauge('nvirt_history_disk_bytes', 'Of the disk budget', () => history().diskBytes)
}

function operationsEnded(registers: Registry[], store: Store): () => void {
  const ended = new Counter({
    name: 'nvirt_operations_ended_total',
    help: 'Operations that have ended since the service was started',
    labelNames: ['state'],
    registers,
  })
  for (const state of ENDS) ended.inc({ state }, 0)
  return store.onEvents((events) => {
    for (const { type } of events) {
      const state = ENDS.find((one) => type === `operation.${one}`)
      if (state) ended.inc({ state })
    }
  })
}

function countedBy(
  registers: Registry[],
  name: string,
  help: string,
  label: string,
  all: () => readonly string[]
): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      this.reset()
      for (const value of all()) this.inc({ [label]: value })
    },
  })
}
