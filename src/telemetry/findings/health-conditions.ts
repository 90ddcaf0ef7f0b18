/** What is looked for in a drive's SMART / Health log. Source: NVMe Base 2.1, "SMART / Health Information log page". Pure. */
import type { SmartSummary } from '../../host/observation.ts'
import type { Observed } from './held.ts'
import { THRESHOLDS, type HEALTH_KINDS } from './kinds.ts'

export type HealthKind = (typeof HEALTH_KINDS)[number]

export function healthConditions(smart: SmartSummary): Record<HealthKind, Observed> {
  const spare = smart.availableSparePercent
  const hot = THRESHOLDS['health-hot']
  return {
    'health-critical-warning': exactly(smart.criticalWarning !== 0),
    'health-spare': exactly(spare > 0 && spare <= THRESHOLDS['health-spare'].percent),
    'health-worn': exactly(smart.percentageUsed >= THRESHOLDS['health-worn'].percent),
    'health-hot': {
      isSo: smart.temperatureKelvin >= hot.kelvin,
      isOver: smart.temperatureKelvin < hot.kelvinAtEnd,
    },
  }
}

function exactly(isSo: boolean): Observed {
  return { isSo, isOver: !isSo }
}
