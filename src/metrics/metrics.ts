/** The text of `/metrics`. */
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Clock } from '../clock.ts'
import type { FunctionReading } from '../telemetry/history/intake.ts'
import { functionMetrics, queueMetrics } from './function-metrics.ts'
import { LatestReadings } from './latest-readings.ts'
import { serviceMetrics, type ServiceNumbers } from './service-metrics.ts'

/** What has series: the service itself; each controller and VF besides; each queue besides. */
export const METRICS_OF = ['service', 'functions', 'queues'] as const
export type MetricsOf = (typeof METRICS_OF)[number]

export type Metrics = {
  readonly scrape: () => Promise<{ readonly type: string; readonly text: string }>
  /** @param route as it is registered; seconds from its coming to its answer */
  readonly answered: (
    method: string,
    route: string,
    status: number,
    seconds: number
  ) => void
  /** Frames that were left out for subscribers who were slow. */
  readonly dropped: (frames: number) => void
  readonly take: (reading: FunctionReading) => void
  readonly stop: () => void
}

export function createMetrics(
  of: MetricsOf,
  clock: Clock,
  numbers: ServiceNumbers
): Metrics {
  const registry = new Registry()
  const readings = new LatestReadings(clock)
  const fresh = () => readings.fresh()
  const { requests, dropped, stop } = serviceMetrics(registry, numbers)
  if (of !== 'service') functionMetrics(registry, fresh)
  if (of === 'queues') queueMetrics(registry, fresh)
  let ofProcess = false
  return {
    scrape: async () => {
      if (!ofProcess) collectDefaultMetrics({ register: registry })
      ofProcess = true
      return { type: registry.contentType, text: await registry.metrics() }
    },
    answered: (method, route, status, seconds) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    dropped: (frames) => dropped.inc(frames),
    take: (reading) => {
      if (of !== 'service') readings.take(reading)
    },
    stop,
  }
}
