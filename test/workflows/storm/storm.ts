/** A storm: many who ask, hosts that fail, and a service that is started again and again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DEMO, SYSTEM } from '../../../src/access/caller.ts'
import { systemClock } from '../../../src/clock.ts'
import type { Composition } from '../../../src/compose.ts'
import { ControlPlaneError } from '../../../src/errors.ts'
import { fraction } from '../../../src/emulator/load/seeded.ts'
import type { EventRow } from '../../../src/store/rows.ts'
import { eventually } from '../../support/eventually.ts'
import { NSIDS, PF, POOL, stormFleet, type StormHost } from './fleet.ts'
import { stormService, type Ask, type StormService } from './service.ts'
import { nextAsk, nextAskOfEnd, type Draw, type Tenant } from './tenant.ts'
import { all, replay, type Told } from './told.ts'
import { weatherOver, type Weather } from './weather.ts'

export type StormSize = {
  readonly hosts: number
  /** Begun by those who ask; what the service begins to restore things comes on top. */
  readonly operations: number
  readonly atOnce: number
  /** How often each kind of trouble is to happen. */
  readonly troubles: number
  readonly restarts: number
}

export type Storm = {
  readonly hosts: readonly StormHost[]
  readonly service: StormService
  readonly told: Told
  readonly weather: Weather
  /** Of the operations that were asked for, by their end. */
  readonly ends: Readonly<Record<string, number>>
  /** Operations that ran when a restart fell into them. */
  readonly interrupted: number
  readonly stop: () => Promise<void>
}

const PAUSE_MS = 100

export async function storm(size: StormSize, seed: number): Promise<Storm> {
  const data = await mkdtemp(path.join(tmpdir(), 'nvirt-storm-'))
  const hosts = await stormFleet(size.hosts)
  const byId = new Map(hosts.map((host) => [host.id, host]))
  const told = replay()
  const service = await stormService(data, hosts, (events, now) => {
    for (const event of events) {
      told.heard(event)
      look(event, now, byId, told)
    }
  })
  await Promise.all(hosts.map(({ id }) => service.now().inventory.rescan(SYSTEM, id)))
  for (const { id } of hosts) await service.now().workflows.setDriftPolicy(DEMO, id, 'heal')

  const draws = (line: number): Draw => {
    let nth = 0
    return () => fraction(seed, line, nth++)
  }
  const weather = weatherOver(hosts, size.troubles, draws(-1))
  const ends: Record<string, number> = {}
  const tenants = hosts.flatMap((host) =>
    [...NSIDS, null].map((nsid): Tenant => ({ host, nsid }))
  )
  let begun = 0
  let interrupted = 0
  // What is armed last needs somebody who comes by.
  const everyTrouble = (0.8 * size.operations) / (weather.left() + 1)
  const everyRestart = size.operations / (size.restarts + 1)
  let troubles = 0
  let restarts = 0
  let changing: Promise<unknown> = Promise.resolve()

  /** As many operations bring the next trouble, or the next restart. */
  function timeGoesOn(): void {
    if (begun > everyTrouble * (troubles + 1)) {
      troubles++
      void weather.next()
    }
    if (begun > everyRestart * (restarts + 1) && restarts < size.restarts) {
      restarts++
      changing = changing.then(async () => (interrupted += await service.restart()))
    }
  }

  async function live(tenant: Tenant, draw: Draw): Promise<void> {
    while (begun < size.operations) {
      const ask = service.isUp()
        ? nextAsk(tenant, service.now().store.read, draw)
        : undefined
      const end = ask && (await asked(service, ask, () => (begun++, timeGoesOn())))
      if (end === undefined) await systemClock.sleep(PAUSE_MS * (1 + draw()))
      else ends[end] = (ends[end] ?? 0) + 1
    }
  }

  const living = tenants.slice(0, size.atOnce)
  await Promise.all(living.map((tenant, line) => live(tenant, draws(line))))
  await changing
  await weather.clear()
  await allEnded(service)
  await stuckGoOn(service)
  await Promise.all(tenants.map((tenant) => givenBack(service, tenant)))
  await allEnded(service)
  return {
    hosts,
    service,
    told,
    weather,
    ends,
    interrupted,
    stop: async () => {
      await service.stop()
      await Promise.all(hosts.map(({ machine }) => machine.close()))
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** undefined: it was refused, and is asked for later, or not at all. */
async function asked(
  service: StormService,
  ask: Ask,
  onBegun: () => void
): Promise<string | undefined> {
  try {
    const { state } = await service.perform(ask, onBegun)
    return state
  } catch (error) {
    if (!(error instanceof ControlPlaneError)) throw error
    return undefined
  }
}

/** At the very moment at which something is told. */
function look(
  { type, hostId }: EventRow,
  { store }: Composition,
  hosts: ReadonlyMap<string, StormHost>,
  { wrong }: Told
): void {
  const host = hostId === null ? undefined : hosts.get(hostId)
  if (!host) return
  if (type.startsWith('assignment.')) {
    const standing = store.read.standingAssignmentsOf(host.id).map((one) => one.functionId)
    if (new Set(standing).size < standing.length)
      wrong.push(`two own a function of ${host.id}`)
  }
  if (type.startsWith('virtual-function.')) {
    const vfs = store.read.inventoryOf(host.id).virtualFunctions
    const promised = sum(vfs.map(({ provisioned }) => provisioned?.vq ?? 0))
    const given = givenBy(host)
    if (promised > POOL || given > POOL)
      wrong.push(`${host.id} has ${POOL} VQ, promised ${promised} and given ${given}`)
  }
}

/** Of the drive itself. While its host is switched off there is nothing to look at: 0. */
function givenBy({ machine }: StormHost): number {
  const { secondaries = [] } = machine.snapshot().primaries[PF] ?? {}
  return sum(secondaries.map(({ vq }) => vq))
}

const CALM_MS = 60_000

/** Those of the service's own too. */
async function allEnded(service: StormService): Promise<void> {
  const open = () =>
    service
      .now()
      .store.read.operations(
        { tenant: null, states: ['waiting', 'running', 'blocked', 'undoing'] },
        { after: null, limit: 5 }
      ).items
  await eventually(
    'every operation has ended',
    () => open().length === 0 || undefined,
    CALM_MS
  )
}

/** As a person would have it, now that nothing fails any more. Refused where others have worked on the same since. */
async function stuckGoOn(service: StormService): Promise<void> {
  const { read } = service.now().store
  const stuck = all((page) => read.operations({ tenant: null, states: ['stuck'] }, page))
  for (const { id } of stuck)
    await asked(
      service,
      ({ retry }, key) => retry(DEMO, id, key),
      () => {}
    )
}

const ROUNDS = 40

async function givenBack(service: StormService, tenant: Tenant): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const ask = nextAskOfEnd(tenant, service.now().store.read)
    if (!ask) return
    if ((await asked(service, ask, () => {})) === undefined)
      await systemClock.sleep(PAUSE_MS * 3)
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}

export function operationsOf({ service }: Storm) {
  return all((page) => service.now().store.read.operations({ tenant: null }, page))
}
