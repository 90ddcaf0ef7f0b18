import { Type } from 'typebox'
import {
  FUNCTION_METRICS,
  QUEUE_METRICS,
  type HistorySourceView,
  type HistoryView,
  type LatencyView,
  type MetricView,
  type PinView,
} from '../../telemetry/history/telemetry-history.ts'
import {
  answerShape,
  choice,
  count,
  flag,
  inline,
  listOf,
  nullable,
  text,
  time,
  whole,
} from '../shape.ts'

export const SCOPES = ['host', 'controller', 'virtualFunction', 'queue'] as const
export const METRICS = [...new Set([...FUNCTION_METRICS, ...QUEUE_METRICS])]

const column = (description: string) => Type.Array(nullable(Type.Number()), { description })

const metricView = inline<MetricView>('A metric, step by step; null: not observed', {
  metric: choice(METRICS, 'Per second, ms, or commands in flight, as its name says'),
  mean: column('Mean of what was observed of each step; latencies are weighed by commands'),
  max: column('Greatest sample of each step'),
})

const sourceView = inline<HistorySourceView>('A part of the range that there is', {
  kept: choice(['memory', 'disk'], 'Samples in memory, or minutes on disk'),
  from: time('Begin of the first'),
  to: time('End of the last'),
  resolutionSeconds: Type.Number({
    description: 'Longest interval that is one number there: finer steps repeat it',
  }),
})

const latencyView = inline<LatencyView>('Commands by latency', {
  boundsMicroseconds: listOf(
    Type.Number(),
    'Upper bound of each bucket but the last, which has all above'
  ),
  counts: Type.Array(nullable(Type.Array(Type.Number())), {
    description: 'Commands of each step by bucket; null: not observed',
  }),
})

export const HistoryShape = answerShape<HistoryView>(
  'TelemetryHistory',
  'What a host, controller, VF or queue did',
  {
    scope: choice(SCOPES, 'Whose numbers these are; a host has the sum of its controllers'),
    id: text('Of the host, controller or VF; of the function whose queue it is'),
    qid: nullable(whole('Of the queue')),
    from: time('Begin of the first step'),
    to: time('End of the last step'),
    stepSeconds: Type.Number({ description: 'Length of a step' }),
    steps: count('How many there are'),
    sources: listOf(sourceView, 'What of the range there is, oldest first; empty: nothing'),
    metrics: listOf(metricView, 'Those that were asked for'),
    latency: nullable(latencyView),
  }
)

export const PinShape = answerShape<PinView>(
  'TelemetryPin',
  'Whether the queues of a function are kept although nobody looks',
  {
    functionId: text('Id of the controller or VF'),
    pinned: flag('They are'),
  }
)
