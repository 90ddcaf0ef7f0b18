/** Which metrics a subscription gets, in the order of the catalogue, sorted into what frames are made of. */
import { DEFAULT_METRICS, METRIC_NAMES, type DeviceMetric, type Metric } from './metrics.ts'

export type QueueMetric =
  Extract<Metric, `queues.${string}`> extends `queues.${infer N}` ? N : never

export type Selection = {
  readonly metrics: readonly Metric[]
  readonly device: readonly DeviceMetric[]
  readonly queues: readonly QueueMetric[]
}

/** @param names default: those that cost nothing */
export function selectMetrics(names: readonly Metric[] = DEFAULT_METRICS): Selection {
  const metrics = METRIC_NAMES.filter((name) => names.includes(name))
  return {
    metrics,
    device: metrics.flatMap((name) => (isOfDevice(name) ? [bare(name)] : [])),
    queues: metrics.flatMap((name) => (isOfDevice(name) ? [] : [bare(name)])),
  }
}

type OfDevice = `device.${DeviceMetric}`

function isOfDevice(name: Metric): name is OfDevice {
  return name.startsWith('device.')
}

function bare<M extends string>(name: `device.${M}` | `queues.${M}`): M {
  return name.slice('device.'.length) as M // both words are as long, and the type has the rest
}
