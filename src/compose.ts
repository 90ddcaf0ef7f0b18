/**
 * Puts the rooms together: kernels → hosts → services → server. `main.ts` adds the address and the signals; tests call it
 * with machines and a folder of their own.
 */
import path from 'node:path'
import type { Caller } from './access/caller.ts'
import type { App } from './api/app.ts'
import { buildServer } from './api/server.ts'
import type { Clock } from './clock.ts'
import type { LogLevel } from './config.ts'
import { PAGE_FOLDER } from './dashboard/page-folder.ts'
import { createDrills } from './drills/service.ts'
import { createEvents } from './events/events.ts'
import type { FleetKernel } from './fleet-kernels.ts'
import type { Drills } from './host/drills.ts'
import { createHosts, type Hosts } from './host/hosts.ts'
import { hostIdOf } from './inventory/identity.ts'
import type { Inventory } from './inventory/inventory.ts'
import { loopLoad } from './inventory/loop-load.ts'
import { createInventory } from './inventory/scan-service.ts'
import { tracesLeftBehind } from './left-behind.ts'
import { linuxHost } from './linux/linux-host.ts'
import { createMetrics, type Metrics, type MetricsOf } from './metrics/metrics.ts'
import { newId } from './new-id.ts'
import { openStore } from './store/open-store.ts'
import type { Store } from './store/store.ts'
import { formerMinutes } from './telemetry/findings/former-minutes.ts'
import { openFindings, type Findings } from './telemetry/findings/service.ts'
import {
  openHistory,
  USUAL_BUDGETS,
  type HistoryBudgets,
  type HistoryService,
} from './telemetry/history/service.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { createTelemetry } from './telemetry/hub.ts'
import { createWorkflows, type RunningWorkflows } from './workflows/service.ts'

export type CompositionOptions = {
  /** Folder of the database; it exists, and is this process's alone. */
  readonly data: string
  readonly kernels: readonly FleetKernel[]
  readonly clock: Clock
  /** Who asks, by the value of the Authorization header. */
  readonly authenticate: (authorization: string | undefined) => Caller
  readonly allowedHosts: readonly string[]
  readonly logLevel: LogLevel
  /** Default: no. */
  readonly drillsAllowed?: boolean
  /** Default: the usual ones, but controllers that nobody looks at are left alone. */
  readonly history?: HistoryBudgets
  /** What `/metrics` has series of; default: the service. */
  readonly metricsOf?: MetricsOf
  /** Of scans; default 30 s. */
  readonly scanPeriodMs?: number
  /** For each kernel call of an operation, until it is reported blocked; default 5 s. */
  readonly callDeadlineMs?: number
}

export type Composition = {
  /** Not listening yet. */
  readonly server: App
  readonly store: Store
  readonly inventory: Inventory
  readonly workflows: RunningWorkflows
  readonly telemetry: Telemetry
  readonly history: HistoryService
  /**
   * What a former process left is taken over and goes on; the fleet is scanned, and from then on by period and by uevent.
   *
   * @throws {StoreError} when the database cannot be written
   */
  readonly startWork: () => Promise<void>
  /** Operations that are not done stay open for the next start. The kernels stay their maker's. */
  readonly stop: () => Promise<void>
}

/**
 * When it resolves, the door can be opened: what is known is read from the database. All else comes with `startWork`, so that
 * neither a drive that does not answer nor the work itself keeps it shut; until what a former process left is taken over,
 * with its locks, requests for more wait.
 */
export async function compose(options: CompositionOptions): Promise<Composition> {
  const { data, clock } = options
  const [store, { hosts, drillPorts }] = await Promise.all([
    openStore({ file: path.join(data, 'nvirt.db') }),
    registerHosts(options),
  ])
  const late: Late = { report: () => {}, opening: deferred() }
  const services = await createServices(options, store, hosts, late)
  const { inventory, workflows, history } = services
  const server = await buildServer({
    ...services,
    events: createEvents(store),
    drills: createDrills({
      allowed: options.drillsAllowed ?? false,
      portOf: (hostId) => drillPorts.get(hostId),
      store,
      clock,
    }),
    clock,
    authenticate: options.authenticate,
    allowedHosts: options.allowedHosts,
    pageFolder: PAGE_FOLDER,
    logger: options.logLevel === 'silent' ? false : { level: options.logLevel },
  })
  late.report = (doing, error) => server.log.error(error, doing)
  let starting = Promise.resolve()
  let stopping = false
  async function start(): Promise<void> {
    await store.startWriting()
    await workflows.resume()
    late.opening.resolve()
    // What nobody waits for comes after the first scan, which it would make twice as long.
    void scanForTheFirstTime().then(() => {
      if (!stopping) history.start()
    })
  }

  async function scanForTheFirstTime(): Promise<void> {
    try {
      await inventory.start()
    } catch (error) {
      late.report('scanning the fleet for the first time', error)
    }
  }

  async function stop(): Promise<void> {
    stopping = true
    await starting.catch(() => {}) // whoever started it is told
    late.opening.reject(new Error('nvirt stops'))
    await server.close()
    await history.stop()
    await services.hub.stop()
    await workflows.stop()
    await inventory.stop()
    await services.findings.stop()
    services.metrics.stop()
    await Promise.all(driversOf(hosts).map((driver) => driver.close()))
    await store.close()
  }

  /** Who stops it soon after its start may come before the work begins: then there is none. */
  const startWork = () => (starting = stopping ? starting : start())
  return { server, store, ...services, startWork, stop }
}

/** What rooms need of each other, or of the server's log, before it is there. */
type Late = {
  /** A scan must know what operations hold, an operation ends with a scan. */
  workflows?: RunningWorkflows
  /** Readings and scans come to it. */
  findings?: Findings
  metrics?: Metrics
  /** What went wrong where nobody waits. */
  report: (doing: string, error: unknown) => void
  /** Rejected when work is never started. */
  readonly opening: Deferred
}

type Deferred = {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

function deferred(): Deferred {
  let settle: Pick<Deferred, 'resolve' | 'reject'> | undefined
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }))
  promise.catch(() => {}) // perhaps nobody waits
  return {
    promise,
    resolve: () => settle?.resolve(),
    reject: (error) => settle?.reject(error),
  }
}

async function createServices(
  options: CompositionOptions,
  store: Store,
  hosts: Hosts,
  late: Late
) {
  const { clock } = options
  const report = (doing: string, error: unknown) => late.report(doing, error)
  const disarmLeft = tracesLeftBehind(hosts, report)
  const inventory = createInventory({
    hosts,
    store,
    clock,
    changing: (functionId) => late.workflows?.changing(functionId) ?? null,
    inHand: (functionId) => late.workflows?.inHand(functionId) ?? 'nothing',
    isBeingChanged: (hostId) => late.workflows?.isBeingChanged(hostId) ?? false,
    pendingPrimary: (controllerId) => late.workflows?.pendingPrimary(controllerId) ?? null,
    onScanned: (hostId) => {
      disarmLeft(hostId)
      late.workflows?.tend(hostId)
      late.findings?.scanned(hostId)
    },
    onTrouble: (error) => report('scanning a host', error),
    load: loopLoad(),
    ...(options.scanPeriodMs !== undefined && { periodMs: options.scanPeriodMs }),
  })
  const workflows = createWorkflows({
    hosts,
    store,
    inventory,
    clock,
    newId,
    owner: newId(),
    // The lock of the data folder proves that its former user has gone.
    takeOverAll: true,
    opening: late.opening.promise,
    tends: true,
    onTrouble: report,
    ...(options.callDeadlineMs !== undefined && { deadlineMs: options.callDeadlineMs }),
  })
  late.workflows = workflows
  const hub = createTelemetry({ hosts, store, clock, onTrouble: report })
  const history = await openHistory({
    data: options.data,
    budgets: options.history ?? { ...USUAL_BUDGETS, fleetPeriodMs: null },
    telemetry: hub,
    store,
    clock,
    onReading: (reading) => {
      late.findings?.take(reading)
      late.metrics?.take(reading)
    },
    onTrouble: report,
  })
  const findings = await openFindings({
    data: options.data,
    store,
    clock,
    former: formerMinutes(history, clock.nowMs),
    onTrouble: report,
  })
  late.findings = findings
  const metrics = createMetrics(options.metricsOf ?? 'service', clock, {
    hosts,
    store,
    telemetry: history.watched,
    history: history.held,
    findings: () => findings.open().map(({ kind }) => kind),
  })
  late.metrics = metrics
  return {
    inventory,
    workflows,
    history,
    findings,
    metrics,
    telemetry: history.telemetry,
    hub,
  }
}

/** A host whose own files cannot be read has no id yet: that ends the start, with the reason. */
async function registerHosts({ kernels, clock }: CompositionOptions) {
  const hosts = createHosts()
  /** By host id; null: a real host. */
  const drillPorts = new Map<string, Drills | null>()
  await Promise.all(
    kernels.map(async ({ kernel, drills, knownMachineId, ...options }) => {
      const driver = linuxHost(kernel, clock, { ...options, emulated: drills !== null })
      const id = hostIdOf(knownMachineId ?? (await driver.facts()).machineId)
      hosts.set({ id, reach: 'reachable', driver })
      drillPorts.set(id, drills)
    })
  )
  return { hosts, drillPorts }
}

function driversOf(hosts: Hosts) {
  return hosts.all().flatMap((host) => (host.reach === 'reachable' ? [host.driver] : []))
}
