/** The load of a machine file: its shape, and what its fields say together. */
import { Type } from 'typebox'
import type { FleetFault } from './fleet-fault.ts'
import { mapping, positive } from './fleet-fields.ts'
import type { Placed } from './fleet-sound.ts'
import type { ControllerDescription } from './fleet.ts'
import { QUEUE_DEPTH } from './nvme-driver/host-controller.ts'

const time = Type.Number({ exclusiveMinimum: 0 })

const burst = mapping({
  everyMs: positive,
  forMs: positive,
  factor: Type.Number({ minimum: 1 }),
})

const coalescing = mapping({
  threshold: Type.Integer({ minimum: 1, maximum: 256 }),
  microseconds: Type.Integer({
    minimum: 0,
    maximum: 25_500,
    multipleOf: 100,
    description: 'a multiple of 100 up to 25500',
  }),
})

const service = {
  serviceMicroseconds: time,
  parallelism: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_536 })),
  coalescing: Type.Optional(coalescing),
}

export const load = Type.Union([
  mapping({ iops: Type.Number({ minimum: 0 }), latencyUs: time }),
  mapping({
    arrivalsPerSecond: Type.Number({ minimum: 0 }),
    ...service,
    burst: Type.Optional(burst),
  }),
  mapping({ depth: Type.Integer({ minimum: 1, maximum: QUEUE_DEPTH }), ...service }),
])

/** A burst ends before the next begins, and does not bring more than all there is. */
export function loadFaults({
  item,
  at,
}: Placed<ControllerDescription>): readonly FleetFault[] {
  if (!item.load || !('burst' in item.load) || !item.load.burst) return []
  const { everyMs, forMs, factor } = item.load.burst
  const field = `${at}.load.burst`
  if (forMs >= everyMs)
    return [{ field: `${field}.forMs`, reason: `must be below everyMs, ${everyMs}` }]
  const most = everyMs / forMs
  if (factor <= most) return []
  return [{ field: `${field}.factor`, reason: `must be at most everyMs/forMs, ${most}` }]
}
