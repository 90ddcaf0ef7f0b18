/** Drills on emulated hosts, by whoever may, and told of. */
import type { Caller } from '../access/caller.ts'
import { isoTime, type Clock } from '../clock.ts'
import { ControlPlaneError } from '../errors.ts'
import { eventWrite } from '../events/events.ts'
import { HostDriverError } from '../host/driver.ts'
import type { ArmedFault, Drills, MachineEvent } from '../host/drills.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import { answerOnce, type Held } from './answer-once.ts'
import type { DrillRequest, DrillService, DrillView } from './drills.ts'

export type DrillsOptions = {
  /** As the service was started. */
  readonly allowed: boolean
  /** Of every host of the fleet, by its id; null: a real one. */
  readonly portOf: (hostId: string) => Drills | null | undefined
  readonly store: Store
  readonly clock: Clock
}

export function createDrills(options: DrillsOptions): DrillService {
  const { store } = options

  async function hold(
    caller: Caller,
    hostId: string,
    { fault, event }: DrillRequest
  ): Promise<Held<DrillView>> {
    const port = allowedPort(options, caller, hostId)
    if (fault && !event) {
      const armed = await answered(hostId, port.arm(fault))
      const detail = { drillId: armed.id, fault }
      const told = telling(options, caller, hostId, 'host.drill-armed', detail)
      return { answer: faultView(hostId, armed), told }
    }
    if (!event || fault) throw notOneOf(hostId)
    await fire(hostId, port, event)
    const told = telling(options, caller, hostId, 'host.drill-fired', { event })
    return { answer: eventView(hostId, event), told }
  }

  return {
    start: async (caller, hostId, request, key) => {
      const work = () => hold(caller, hostId, request)
      if (key) return answerOnce(options, caller, key, work)
      const { answer, told } = await work()
      await store.commit([told])
      return answer
    },
    armed: async (caller, hostId, { after, limit }) => {
      const port = allowedPort(options, caller, hostId)
      const armed = await answered(hostId, port.armed())
      const rest = armed.filter(({ id }) => after === null || Number(id) > Number(after))
      const items = rest.slice(0, limit)
      const next = rest.length > limit ? (items.at(-1)?.id ?? null) : null
      return { items: items.map((one) => faultView(hostId, one)), next }
    },
    takeBack: async (caller, hostId, drillId, hanging) => {
      const port = allowedPort(options, caller, hostId)
      const taken = await answered(hostId, port.takeBack(drillId, hanging))
      if (!taken) throw notFound('drill', drillId)
      const detail = { drillId, fault: taken.fault, hanging }
      const told = telling(options, caller, hostId, 'host.drill-ended', detail)
      await store.commit([told])
      return { ...faultView(hostId, taken), over: true }
    },
  } satisfies DrillService

  function allowedPort(asked: DrillsOptions, caller: Caller, hostId: string): Drills {
    if (!asked.allowed) throw forbidden('drills are not allowed here')
    if (!caller.roles.includes('admin')) throw forbidden('drills are for admins')
    const port = asked.portOf(hostId)
    if (port) return port
    if (port === null) throw isReal(hostId)
    if (store.read.host(hostId)) throw hostAway(hostId, 'it is not in the fleet')
    throw notFound('host', hostId)
  }
}

function faultView(hostId: string, armed: ArmedFault): DrillView {
  const { id, fault, struck, hanging, usedUp } = armed
  return { id, hostId, fault, event: null, struck, hanging, over: usedUp }
}

function eventView(hostId: string, event: MachineEvent): DrillView {
  return { id: null, hostId, fault: null, event, struck: 0, hanging: 0, over: true }
}

async function fire(hostId: string, port: Drills, event: MachineEvent): Promise<void> {
  const outcome = await answered(hostId, port.fire(event))
  if (outcome.fired) return
  const { state, from } = outcome
  const [resource, id] =
    event.event === 'reboot' ? ['host', hostId] : ['function', event.address]
  throw new ControlPlaneError(`firing ${event.event}`, {
    kind: 'wrong-state',
    resource,
    id,
    state,
    allowedFrom: [from],
  })
}

/** An emulator that has gone is a host that does not answer. */
async function answered<T>(hostId: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    if (cause instanceof HostDriverError) throw hostAway(hostId, cause.message, cause)
    throw cause
  }
}

function telling(
  { clock }: DrillsOptions,
  { actor, tenant }: Caller,
  hostId: string,
  type: 'host.drill-armed' | 'host.drill-fired' | 'host.drill-ended',
  detail: Readonly<Record<string, unknown>>
): StoreWrite {
  const subject = { kind: 'host', id: hostId } as const
  const at = isoTime(clock.nowMs())
  const event = { type, hostId, subject, actor, tenant, operationId: null, at, detail }
  return eventWrite(event)
}

function forbidden(reason: string): ControlPlaneError {
  return new ControlPlaneError('holding a drill', { kind: 'forbidden', reason })
}

function isReal(hostId: string): ControlPlaneError {
  return new ControlPlaneError('holding a drill', {
    kind: 'wrong-state',
    resource: 'host',
    id: hostId,
    state: 'real',
    allowedFrom: ['emulated'],
  })
}

function notFound(resource: string, id: string): ControlPlaneError {
  return new ControlPlaneError('holding a drill', { kind: 'not-found', resource, id })
}

function hostAway(hostId: string, why: string, cause?: unknown): ControlPlaneError {
  const trouble = { kind: 'host-away', hostId, why } as const
  return new ControlPlaneError(`holding a drill on ${hostId}`, trouble, cause)
}

function notOneOf(hostId: string): ControlPlaneError {
  return new ControlPlaneError(`holding a drill on ${hostId}`, {
    kind: 'invalid',
    field: 'fault',
    reason: 'or event is needed, one of the two',
  })
}
