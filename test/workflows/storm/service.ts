/** A service in a storm: started again and again over one database, while those who ask it go on as if it were one. */
import { v7 as newId } from 'uuid'
import { DEMO } from '../../../src/access/caller.ts'
import { systemClock } from '../../../src/clock.ts'
import { compose, type Composition } from '../../../src/compose.ts'
import { ControlPlaneError } from '../../../src/errors.ts'
import { isTerminal } from '../../../src/saga/operation.ts'
import type { EventRow } from '../../../src/store/rows.ts'
import type {
  IdempotencyKey,
  OperationView,
  Workflows,
} from '../../../src/workflows/workflows.ts'
import type { StormHost } from './fleet.ts'

export type Ask = (workflows: Workflows, key: IdempotencyKey) => Promise<OperationView>

export type StormService = {
  readonly now: () => Composition
  /** To its end, over restarts. @throws ControlPlaneError when it is refused */
  readonly perform: (ask: Ask, onBegun: () => void) => Promise<OperationView>
  /** @returns operations that were running when it stopped */
  readonly restart: () => Promise<number>
  readonly isUp: () => boolean
  readonly stop: () => Promise<void>
}

/** More events than one service leaves untold. */
const MANY = 10_000

export async function stormService(
  data: string,
  hosts: readonly StormHost[],
  heard: (events: readonly EventRow[], composition: Composition) => void
): Promise<StormService> {
  const waiting = new Map<string, (operation: OperationView) => void>()
  let up = gate()
  let isUp = false
  let lastEvent = 0
  let composition = await start()
  serve()

  async function start(): Promise<Composition> {
    const started = await compose({
      data,
      // As fleets of emulated hosts are: it starts also while one of them is down.
      kernels: hosts.map(({ machineId, machine: { kernel, drills } }) => ({
        kernel,
        drills,
        knownMachineId: machineId,
      })),
      clock: systemClock,
      authenticate: () => DEMO,
      allowedHosts: [],
      logLevel: 'silent',
      drillsAllowed: true,
      callDeadlineMs: 300,
      scanPeriodMs: 15_000,
    })
    const hear = (events: readonly EventRow[]) => {
      lastEvent = events.at(-1)?.number ?? lastEvent
      heard(events, started)
    }
    hear(started.store.read.events(null, lastEvent, MANY))
    started.store.onEvents((events) => {
      hear(events)
      for (const { operationId } of events) if (operationId) tellEnd(operationId, started)
    })
    await started.startWork()
    return started
  }

  function serve(): void {
    for (const id of waiting.keys()) tellEnd(id, composition)
    isUp = true
    up.open()
  }

  function tellEnd(id: string, { workflows }: Composition): void {
    const tell = waiting.get(id)
    if (!tell) return
    const operation = workflows.operation(DEMO, id)
    if (!isTerminal(operation.state)) return
    waiting.delete(id)
    tell(operation)
  }

  /** The same request with the same key, until a service has answered it. */
  async function begin(ask: Ask): Promise<OperationView> {
    const name = newId()
    for (;;) {
      await up.opened
      const asked = composition
      try {
        return await ask(asked.workflows, { key: name, requestHash: name })
      } catch (error) {
        const isOver = asked !== composition || !isUp
        if (error instanceof ControlPlaneError || !isOver) throw error
      }
    }
  }

  async function stop(): Promise<void> {
    isUp = false
    up = gate()
    await composition.stop()
  }

  return {
    now: () => composition,
    isUp: () => isUp,
    perform: async (ask, onBegun) => {
      const { id } = await begin(ask)
      onBegun()
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        if (isUp) tellEnd(id, composition)
      })
    },
    restart: async () => {
      const open = composition.store.read.operations(
        { tenant: null, states: ['running', 'undoing'] },
        { after: null, limit: 1_000 }
      )
      await stop()
      composition = await start()
      serve()
      return open.items.length
    },
    stop,
  }
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}
