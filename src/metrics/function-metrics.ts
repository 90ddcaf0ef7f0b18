/** What controllers, VFs and, when asked for, queues do: a series for each of them, and so as many as the fleet has. */
import { Gauge, type Registry } from 'prom-client'
import type { FunctionReading } from '../telemetry/history/intake.ts'
import { FUNCTION_METRICS, QUEUE_METRICS } from '../telemetry/history/metrics.ts'

type Collected = (gauge: Gauge, reading: FunctionReading) => void

const FUNCTION_LABELS = ['host', 'function', 'kind']

export function functionMetrics(
  registry: Registry,
  fresh: () => readonly FunctionReading[]
): void {
  const help = `${FUNCTION_METRICS.length} series for each controller and VF that is observed`
  FUNCTION_METRICS.forEach((metric, m) => {
    const name = `nvirt_function_${snake(metric)}`
    collected(
      registry,
      { name, help, labelNames: FUNCTION_LABELS },
      fresh,
      (gauge, reading) => {
        const value = reading.observed?.device[m] ?? NaN
        if (!Number.isNaN(value)) gauge.set(labelsOf(reading), value)
      }
    )
  })
}

export function queueMetrics(
  registry: Registry,
  fresh: () => readonly FunctionReading[]
): void {
  const labelNames = [...FUNCTION_LABELS, 'qid']
  const help = `${QUEUE_METRICS.length} series for each I/O queue pair that is observed: a controller may have 65535`
  for (const metric of QUEUE_METRICS) {
    const name = `nvirt_queue_${snake(metric)}`
    collected(registry, { name, help, labelNames }, fresh, (gauge, reading) => {
      const { qid, [metric]: column } = reading.observed?.queues ?? {
        qid: [],
        [metric]: [],
      }
      for (let row = 0; row < qid.length; row++) {
        const value = column?.[row] ?? NaN
        if (!Number.isNaN(value)) gauge.set({ ...labelsOf(reading), qid: qid[row]! }, value)
      }
    })
  }
}

function collected(
  registry: Registry,
  named: { readonly name: string; readonly help: string; readonly labelNames: string[] },
  fresh: () => readonly FunctionReading[],
  set: Collected
): void {
  new Gauge({
    ...named,
    registers: [registry],
    collect() {
      this.reset()
      for (const reading of fresh()) set(this, reading)
    },
  })
}

function labelsOf({ hostId, id, kind }: FunctionReading) {
  return { host: hostId, function: id, kind }
}

function snake(metric: string): string {
  return metric.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
