/** What the door needs from the rooms behind it. */
import type { FastifyServerOptions } from 'fastify'
import type { Caller } from '../access/caller.ts'
import type { Clock } from '../clock.ts'
import type { DrillService } from '../drills/drills.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { TelemetryHistory } from '../telemetry/history/telemetry-history.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Workflows } from '../workflows/workflows.ts'

export type Services = {
  readonly inventory: Inventory
  readonly workflows: Workflows
  readonly telemetry: Telemetry
  readonly history: TelemetryHistory
  readonly drills: DrillService
  readonly events: EventLog
}

export interface EventLog {
  /** Events after that number, ascending, at most `limit`. */
  list: (caller: Caller, after: number, limit: number) => readonly EventView[]
}

export type EventView = {
  readonly number: number
  readonly type: string
  readonly at: string
  readonly hostId: string | null
  readonly subject: { readonly kind: string; readonly id: string }
  readonly actor: string
  readonly tenant: string
  readonly operationId: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

export interface Metrics {
  /** Prometheus' text format. */
  scrape: () => Promise<{ readonly type: string; readonly text: string }>
  answered: (method: string, route: string, status: number, seconds: number) => void
  /** Frames that were left out for subscribers who were slow. */
  dropped: (frames: number) => void
}

export type ServerOptions = Services & {
  readonly metrics: Metrics
  readonly clock: Clock
  /** Who asks, by the value of the Authorization header. @throws ControlPlaneError unauthenticated */
  readonly authenticate: (authorization: string | undefined) => Caller
  /** Host names by which the service may be called, besides the loopback names. Without port. */
  readonly allowedHosts: readonly string[]
  /** Folder of the dashboard's files. */
  readonly pageFolder: string
  readonly logger?: FastifyServerOptions['logger']
}

/** A page of a list, as the services take it: items after `after`. */
export type PageRequest = Parameters<Inventory['hosts']>[1]
