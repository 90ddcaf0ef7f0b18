/** Plans over HTTP: each request that begins an operation tells what it would do, and is then made as its plan says. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Call, Page } from './call.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import {
  assignmentOf,
  controllerAt,
  namespaceOf,
  provisionedVfs,
  provisionOne,
  retire,
  succeeded,
} from './steps.ts'
import type { Operation, Schemas } from './steps.ts'

type Plan = Schemas['Plan']

let service: EmulatedService
beforeAll(async () => {
  service = await emulatedService()
}, 60_000)
afterAll(() => service.stop(), 60_000)

const onPf = async (body: unknown): Promise<Call> => ({
  path: { id: (await controllerAt(service.api, PF)).id },
  body,
})

const assignPlain = async (): Promise<Call> => ({
  body: { controllerId: (await controllerAt(service.api, PLAIN)).id, consumer: 'vm-1' },
})

async function assigned(): Promise<string> {
  const { id } = await controllerAt(service.api, PLAIN)
  return (await assignmentOf(service.api, id)).id
}

async function provisioned(): Promise<string> {
  const pf = await controllerAt(service.api, PF)
  const [vf] = await provisionedVfs(service.api, pf.id)
  if (!vf) throw new Error('no VF is provisioned')
  return vf.id
}

async function unbound(address: string, driver: string): Promise<void> {
  const path = `/sys/bus/pci/drivers/${driver}/unbind`
  const write = { call: 'write', path, text: address } as const
  await service.machine.kernel.lane('by hand').call(write, { deadlineMs: 30_000 })
  const { hostId } = await controllerAt(service.api, PF)
  await service.api.ok('rescanHost', { path: { id: hostId } })
}

/** On what those before have left. */
const ROUTES: readonly (readonly [string, () => Promise<Call>, Partial<Plan>])[] = [
  ['resizePrimary', () => onPf({ vq: 2, vi: 0 }), { workflow: 'resize-primary' }],
  ['resizePrimary', () => onPf({ vq: 0, vi: 0 }), { workflow: 'resize-primary' }],
  [
    'provisionVirtualFunctions',
    () =>
      onPf({ virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: [] }], driver: 'nvme' }),
    { workflow: 'provision-virtual-functions' },
  ],
  [
    'healVirtualFunction',
    async () => {
      const id = await provisioned()
      const { api } = service
      const { pciAddress } = await api.ok<Schemas['VirtualFunction']>(
        'getVirtualFunction',
        {
          path: { id },
        }
      )
      await unbound(pciAddress ?? '', 'nvme')
      return { path: { id } }
    },
    { workflow: 'restore-virtual-function' },
  ],
  [
    'retireVirtualFunction',
    async () => ({ path: { id: await provisioned() } }),
    { workflow: 'retire-virtual-function' },
  ],
  ['createAssignment', assignPlain, { workflow: 'assign-function' }],
  [
    'healController',
    async () => {
      await unbound(PLAIN, 'vfio-pci')
      return { path: { id: (await controllerAt(service.api, PLAIN)).id } }
    },
    { workflow: 'restore-assignment' },
  ],
  [
    'releaseAssignment',
    async () => ({ path: { id: await assigned() } }),
    { workflow: 'release-assignment' },
  ],
]

test(
  'each request tells its plan, touching nothing, and is made as the plan says',
  { timeout: 120_000 },
  async () => {
    const { api, machine } = service
    for (const [id, call, expected] of ROUTES) {
      const asked = await call()
      const written = machine.transcript.length
      const begun = await operations()

      const { status, body: plan } = await api.send<Plan>(id, {
        ...asked,
        query: { plan: 'true' },
      })
      expect(status, JSON.stringify(plan)).toBe(200)
      expect(plan, id).toMatchObject({ ...expected, refusals: [] })
      expect(machine.transcript, id).toHaveLength(written)
      expect(await operations(), id).toBe(begun)

      const run = { ...asked, query: { plan: plan.id } }
      const answer = await api.send<Operation>(id, run)
      expect(answer.status, JSON.stringify(answer.body)).toBe(202)
      expect(answer.headers['location']).toBe(`/v1/operations/${plan.id}`)
      const { steps } = await succeeded(api, answer.body)
      expect(steps.map(({ name }) => name)).toEqual(plan.steps.map(({ name }) => name))
      expect(machine.transcript.length, id).toBeGreaterThan(written)
    }
  }
)

async function operations(): Promise<number> {
  return (await service.api.ok<Page<Operation>>('listOperations')).items.length
}

test('a plan names its writes by the path, and its commands by the specification', async () => {
  const { api } = service
  const call = await onPf({ virtualFunctions: [{ ioQueuePairs: 3, namespaceIds: [] }] })

  const plan = await api.ok<Plan>('provisionVirtualFunctions', {
    ...call,
    query: { plan: 'true' },
  })

  const writes = plan.steps.flatMap(({ does }) =>
    does.changes.flatMap((change) => change.writes)
  )
  expect(writes.map(({ write }) => write)).toContainEqual({
    to: 'sysfs',
    path: `/sys/bus/pci/devices/${PF}/sriov_numvfs`,
    text: '8',
  })
  expect(writes).toContainEqual(
    expect.objectContaining({
      inWords: 'assign 4 VQ to controller 1 through /dev/nvme0',
      write: expect.objectContaining({
        opcode: 0x1c,
        fields: { CNTLID: 1, RT: 0, ACT: 8, NR: 4 },
      }),
    })
  )
  expect(plan.affected.virtualFunctions.map(({ effect }) => effect)).toEqual(
    Array.from({ length: 7 }, () => 'appears')
  )
  expect(plan.resets).toMatchObject([{ device: '0000:01:00.1', of: 'virtual-function' }])
})

test('a plan tells everything that speaks against it', async () => {
  const { api, machine } = service
  const pf = await controllerAt(api, PF)
  const { id, disks } = await namespaceOf(api, pf.subsystemNqn, 1)
  const [disk = ''] = disks
  const unmount = machine.mount(disk, '/srv/somebody')
  const call = await onPf({ virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: [id] }] })

  const asked = { ...call, query: { plan: 'true' } }
  const plan = await api.ok<Plan>('provisionVirtualFunctions', asked)
  const run = { ...call, query: { plan: plan.id } }
  const problem = await api.no('provisionVirtualFunctions', run, 409, 'guard')
  unmount()

  expect(plan.refusals.map(({ step, check, device }) => [step, check, device])).toEqual([
    [null, 'namespace-mounted', `/dev/${disk}`],
    [null, 'namespace-attached-elsewhere', `${PF} namespace 1`],
  ])
  expect(problem.refusals).toHaveLength(2)
})

test('what is in another state is refused by its plan in the words of a problem', async () => {
  const { api } = service
  const vf = await provisionOne(api, (await controllerAt(api, PF)).id)
  const path = { id: vf.id }
  await retire(api, vf.id)

  const plan = await api.ok<Plan>('retireVirtualFunction', {
    path,
    query: { plan: 'true' },
  })

  expect(plan.refusals[0]).toEqual({
    step: null,
    check: 'wrong-state',
    device: vf.id,
    reason: 'the virtual function is pool',
    remedy: 'It can be done when it is provisioned or disabled or half-retired',
  })
  await api.no(
    'retireVirtualFunction',
    { path, query: { plan: plan.id } },
    409,
    'wrong-state'
  )
})

test('a plan is outdated once the world has moved, and what moved is told', async () => {
  const { api } = service
  const call = await assignPlain()
  const plan = await api.ok<Plan>('createAssignment', { ...call, query: { plan: 'true' } })
  await unbound(PLAIN, 'nvme')

  const run = { ...call, query: { plan: plan.id } }
  const { body } = await api.send<Schemas['Problem']>('createAssignment', run)

  expect(body).toMatchObject({ type: 'urn:nvirt:problem:plan-outdated', planId: plan.id })
  expect(body.moved).toContainEqual({
    device: PLAIN,
    what: 'binding',
    planned: { driver: 'nvme', override: null },
    found: { driver: null, override: null },
  })
  expect(body.detail).toContain(`${PLAIN}: binding`)
})

const NOBODYS = '01a227c3-9890-75c0-84e4-90da44a016f6'

test('what is no plan of this request is refused by its field', async () => {
  const { api } = service
  const call = await onPf({ vq: 2, vi: 0 })
  const plan = await api.ok<Plan>('resizePrimary', { ...call, query: { plan: 'true' } })
  const other = await onPf({ vq: 4, vi: 0 })
  const asked = (query: NonNullable<Call['query']>, of = call) => ({ ...of, query })

  for (const word of ['yes', 'false', '', plan.id.toUpperCase(), `${plan.id}x`]) {
    const { errors } = await api.no('resizePrimary', asked({ plan: word }), 400, 'invalid')
    expect(
      errors?.map(({ field }) => field),
      word
    ).toEqual(['plan'])
  }
  await api.no('resizePrimary', asked('plan=true&plan=true'), 400, 'invalid')
  await api.no('resizePrimary', asked({ plan: plan.id }, other), 400, 'invalid')
  await api.no('resizePrimary', asked({ plan: NOBODYS }), 404, 'not-found')
  await api.no('resizePrimary', asked({ planned: 'true' }), 400, 'invalid')
  const headers = { 'idempotency-key': 'of-nothing' }
  const keyed = await api.no(
    'resizePrimary',
    { ...call, query: { plan: 'true' }, headers },
    400,
    'invalid'
  )
  expect(keyed.errors?.map(({ field }) => field)).toEqual(['Idempotency-Key'])
})

test('with an Idempotency-Key a plan is run as any other request', async () => {
  const { api } = service
  const call = await onPf({ vq: 2, vi: 0 })
  const plan = await api.ok<Plan>('resizePrimary', { ...call, query: { plan: 'true' } })
  const headers = { 'idempotency-key': 'run-a-plan' }

  const first = await api.ok<Operation>('resizePrimary', {
    ...call,
    query: { plan: plan.id },
    headers,
  })
  const again = await api.ok<Operation>('resizePrimary', {
    ...call,
    query: { plan: plan.id },
    headers,
  })

  expect([first.id, again.id]).toEqual([plan.id, plan.id])
  await succeeded(api, first)
})
