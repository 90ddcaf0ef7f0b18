/** Drills over HTTP: emulated hosts are made to fail where that is allowed, and nowhere else. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { authenticator } from '../../src/access/token.ts'
import { systemClock } from '../../src/clock.ts'
import { compose } from '../../src/compose.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { HostDriverError } from '../../src/host/driver.ts'
import type { Drills } from '../../src/host/drills.ts'
import { eventually } from '../support/eventually.ts'
import { caller, type Caller, type Page } from './call.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { controllerAt, ended, type Operation, type Schemas } from './steps.ts'

type Drill = Schemas['Drill']

let service: EmulatedService
let hostId: string
beforeAll(async () => {
  service = await emulatedService({ drillsAllowed: true })
  hostId = (await controllerAt(service.api, PF)).hostId
}, 60_000)
afterAll(() => service.stop(), 60_000)

const EIO = { fault: 'errno', errno: 'EIO' } as const
const FAULT = { match: { call: 'write', path: '**/unbind' }, times: 1, kind: EIO } as const

async function events(api: Caller, type: string) {
  const { items } = await api.ok<Page<Schemas['Event']>>('listEvents', {
    query: { limit: 1000 },
  })
  return items.filter((event) => event.type === type)
}

test('an armed fault is listed, strikes, and is taken back; each step is an event', async () => {
  const { api } = service
  const at = { path: { id: hostId } }

  const drill = await api.ok<Drill>('startDrill', { ...at, body: { fault: FAULT } })
  const controllerId = (await controllerAt(api, PLAIN)).id
  const body = { controllerId, consumer: 'vm' }
  const operation = await api.ok<Operation>('createAssignment', { body })
  await ended(api, operation)
  const { items } = await api.ok<Page<Drill>>('listDrills', at)
  const drillId = drill.id ?? ''
  const over = await api.ok<Drill>('endDrill', { path: { id: hostId, drillId } })

  const armed = { hostId, fault: FAULT, event: null, hanging: 0 }
  expect(drill).toEqual({ ...armed, id: drillId, struck: 0, over: false })
  expect(items).toEqual([{ ...armed, id: drillId, struck: 1, over: true }])
  expect(over).toEqual({ ...armed, id: drillId, struck: 1, over: true })
  expect((await api.ok<Page<Drill>>('listDrills', at)).items).toEqual([])
  const [told] = await events(api, 'host.drill-armed')
  expect(told).toMatchObject({
    hostId,
    subject: { kind: 'host', id: hostId },
    actor: 'demo',
    detail: { drillId, fault: FAULT },
  })
  const [ending] = await events(api, 'host.drill-ended')
  expect(ending?.detail).toEqual({ drillId, fault: FAULT, hanging: 'without-effect' })
})

test('a call that hangs in a drill comes back when it is ended, as it is told', async () => {
  const { api, machine } = service
  const autoprobe = `/sys/bus/pci/devices/${PF}/sriov_drivers_autoprobe`
  const fault = { match: { path: autoprobe }, kind: { fault: 'never-returns' } }
  const { id } = await api.ok<Drill>('startDrill', {
    path: { id: hostId },
    body: { fault },
  })
  const write = { call: 'write', path: autoprobe, text: '0' } as const
  const written = machine.kernel.lane('drill').call(write, { deadlineMs: 60_000 })
  await eventually('it hangs', () => machine.faults.hanging()[0])

  const path = { id: hostId, drillId: id ?? '' }
  await api.ok('endDrill', { path, query: { hanging: 'with-effect' } })

  expect(await written).toEqual({ done: true, answer: null })
  expect(machine.snapshot().primaries[PF]?.autoprobe).toBe(false)
})

test('drills are paged', async () => {
  const { api } = service
  const path = { id: hostId }
  for (let times = 1; times <= 3; times++) {
    const fault = { match: { path: '/nothing' }, times, kind: EIO }
    await api.ok('startDrill', { path, body: { fault } })
  }

  const first = await api.ok<Page<Drill>>('listDrills', { path, query: { limit: 2 } })
  const cursor = first.nextCursor ?? ''
  const second = await api.ok<Page<Drill>>('listDrills', { path, query: { cursor } })

  const times = [...first.items, ...second.items].map(({ fault }) => fault?.times)
  expect(times).toEqual([1, 2, 3])
  expect(second.nextCursor).toBeNull()
  await api.no('listDrills', { path, query: { cursor: 'x' } }, 400, 'invalid')
})

test('a drive is torn out, and the inventory sees it go and come back', async () => {
  const { api } = service
  const path = { id: hostId }
  const present = async () => {
    const { items } = await api.ok<Page<Schemas['Controller']>>('listControllers')
    return items.some((one) => one.pciAddress === PLAIN && one.present)
  }

  const event = { event: 'surprise-removal', address: PLAIN }
  const drill = await api.ok<Drill>('startDrill', { path, body: { event } })
  await eventually('it is gone', async () => !(await present()) || undefined, 20_000)
  const again = await api.no('startDrill', { path, body: { event } }, 409, 'wrong-state')
  await api.ok('startDrill', { path, body: { event: { ...event, event: 'hot-plug' } } })
  await eventually('it is back', async () => (await present()) || undefined, 20_000)

  expect(drill).toMatchObject({ id: null, hostId, fault: null, event, over: true })
  expect(again).toMatchObject({ state: 'absent', allowedFrom: ['physical'] })
  expect(
    (await events(api, 'host.drill-fired')).map(({ detail }) => detail)
  ).toContainEqual({
    event,
  })
})

test('a host reboots, and is seen to', async () => {
  const { api } = service
  const path = { id: hostId }
  const bootId = async () => (await api.ok<Schemas['Host']>('getHost', { path })).bootId
  const before = await bootId()

  await api.ok('startDrill', { path, body: { event: { event: 'reboot' } } })
  await eventually(
    'another boot',
    async () => (await bootId()) !== before || undefined,
    20_000
  )

  const [told] = await events(api, 'host.rebooted')
  expect(told?.detail).toMatchObject({ bootIdBefore: before })
})

const BAD_BODIES = [
  [{}, 'fault'],
  [{ fault: FAULT, event: { event: 'reboot' } }, 'fault'],
  [{ fault: { kind: EIO } }, 'fault.match'],
  [{ fault: { match: {}, kind: { fault: 'sleepy' } } }, 'fault.kind.fault'],
  [{ fault: { match: {}, kind: { fault: 'errno' } } }, 'fault.kind.errno'],
  [{ fault: { match: {}, kind: { ...EIO, ms: 3 } } }, 'fault.kind.ms'],
  [{ fault: { match: { address: '1:0.0' }, kind: EIO } }, 'fault.match.address'],
  [{ fault: { match: { path: 'a\nb' }, kind: EIO } }, 'fault.match.path'],
  [{ fault: { match: {}, times: 0, kind: EIO } }, 'fault.times'],
  [{ event: { event: 'fire' } }, 'event.event'],
  [{ event: { event: 'hot-plug' } }, 'event.address'],
  [{ event: { event: 'reboot', address: PF } }, 'event.address'],
  [{ event: 'reboot' }, 'event'],
] as const

test.for(BAD_BODIES)(
  'the body %j is refused by %s, and by nothing else',
  async ([body, field]) => {
    const { api } = service

    const { errors } = await api.no(
      'startDrill',
      { path: { id: hostId }, body },
      400,
      'invalid'
    )

    expect(errors?.map((error) => error.field)).toEqual([field])
  }
)

test('what is not known is not found', async () => {
  const { api } = service
  const body = { event: { event: 'reboot' } }
  const drillId = '4711'

  await api.no('startDrill', { path: { id: 'nobody' }, body }, 404, 'not-found')
  await api.no('listDrills', { path: { id: 'nobody' } }, 404, 'not-found')
  await api.no('endDrill', { path: { id: 'nobody', drillId } }, 404, 'not-found')
  await api.no('endDrill', { path: { id: hostId, drillId } }, 404, 'not-found')
  const query = { hanging: 'for ever' }
  await api.no('endDrill', { path: { id: hostId, drillId }, query }, 400, 'invalid')
})

/** A service with its one host behind another port of drills. */
async function serviceWith(drills: Drills | null, drillsAllowed = true) {
  const data = mkdtempSync(path.join(tmpdir(), 'nvirt-drills-'))
  const machine = await emulatedMachine(labLikeHost(), { clock: systemClock })
  const composition = await compose({
    data,
    kernels: [{ kernel: machine.kernel, drills }],
    clock: systemClock,
    authenticate: authenticator(null),
    allowedHosts: [],
    logLevel: 'silent',
    drillsAllowed,
  })
  await composition.server.listen({ host: '127.0.0.1', port: 0 })
  await composition.inventory.start()
  onTestFinished(async () => {
    await composition.stop()
    await machine.close()
    rmSync(data, { recursive: true, force: true })
  })
  const api = caller(composition.server.server)
  const { items } = await api.ok<Page<Schemas['Host']>>('listHosts')
  return { api, machine, id: items[0]?.id ?? '' }
}

async function refusedEverywhere(api: Caller, id: string, status: number, kind: string) {
  const body = { event: { event: 'reboot' } }
  return [
    await api.no('startDrill', { path: { id }, body }, status, kind),
    await api.no('listDrills', { path: { id } }, status, kind),
    await api.no('endDrill', { path: { id, drillId: '1' } }, status, kind),
  ]
}

test('a real host is never made to fail', { timeout: 60_000 }, async () => {
  const { api, id } = await serviceWith(null)

  const [refusal] = await refusedEverywhere(api, id, 409, 'wrong-state')

  expect(refusal).toMatchObject({ state: 'real', allowedFrom: ['emulated'] })
})

test('without the service allowing it nothing is armed', { timeout: 60_000 }, async () => {
  const machine = await emulatedMachine(labLikeHost(), { clock: systemClock })
  onTestFinished(() => machine.close())
  const { api, id } = await serviceWith(machine.drills, false)

  const [refusal] = await refusedEverywhere(api, id, 403, 'forbidden')

  expect(refusal?.detail).toContain('not allowed')
  expect(await machine.drills.armed()).toEqual([])
})

test(
  'an emulator that has gone is a host that does not answer',
  { timeout: 60_000 },
  async () => {
    const gone = () =>
      Promise.reject(
        new HostDriverError('the emulator does not answer', { kind: 'gone', what: 'it' })
      )
    const { api, id } = await serviceWith({
      arm: gone,
      armed: gone,
      takeBack: gone,
      fire: gone,
    })

    await refusedEverywhere(api, id, 503, 'host-away')
  }
)
