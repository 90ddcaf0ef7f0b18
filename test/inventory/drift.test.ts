/** What differs from what is desired, by rows alone; and what is told of it, once. */
import { expect, test } from 'vitest'
import { driftOf, type HostInventory } from '../../src/inventory/drift/drift.ts'
import { follow } from '../../src/inventory/drift/drift-ledger.ts'
import type {
  AssignmentRow,
  ControllerRow,
  DriftRow,
  ProvisionedVf,
  VirtualFunctionRow,
} from '../../src/store/rows.ts'
import { fn, namespace, PF, primary, PRIMARY_CONTROLLER, VF1, vf } from './observed.ts'

const AT = '2026-01-01T00:00:00.000Z'
const GROUP = { number: 9, members: [], viable: true }
const VFIO = { driver: 'vfio-pci', override: 'vfio-pci' }
const SRIOV = { totalVfs: 2, vfCount: 2, autoprobe: false, offset: 1, stride: 1 }

function pf(over: Partial<ControllerRow> = {}): ControllerRow {
  const { serial, subsystemNqn, cntlid } = PRIMARY_CONTROLLER
  return {
    id: 'pf',
    hostId: 'host',
    serial,
    subsystemNqn,
    cntlid,
    address: PF,
    present: true,
    ambiguous: false,
    observation: primary({ sriov: SRIOV }),
    lastController: PRIMARY_CONTROLLER,
    sriovBefore: { vfCount: 0, autoprobe: true, bootId: 'boot-1' },
    observedAt: AT,
    ...over,
  }
}

const PROVISIONED: ProvisionedVf = {
  vq: 3,
  vi: 3,
  nsids: [2],
  driver: 'none',
  tenant: 'tenant-a',
  operationId: 'operation',
  at: AT,
}

function vf1(over: Partial<VirtualFunctionRow> = {}): VirtualFunctionRow {
  return {
    id: 'vf',
    hostId: 'host',
    controllerId: 'pf',
    vfNumber: 1,
    cntlid: 1,
    address: VF1,
    secondaryState: 'online',
    vq: 3,
    vi: 3,
    observation: vf({ group: GROUP }),
    provisioned: PROVISIONED,
    observedAt: AT,
    ...over,
  }
}

function assignment(over: Partial<AssignmentRow> = {}): AssignmentRow {
  return {
    id: 'assignment',
    hostId: 'host',
    functionKind: 'virtualFunction',
    functionId: 'vf',
    state: 'ready',
    consumer: 'vm',
    actor: 'a',
    tenant: 'tenant-b',
    operationId: 'operation',
    before: null,
    handOver: {
      address: VF1,
      iommuGroup: 9,
      vfioPath: '/dev/vfio/9',
      qemuArguments: [],
      libvirtXml: '',
    },
    quarantine: null,
    createdAt: AT,
    updatedAt: AT,
    ...over,
  }
}

function host(over: Partial<HostInventory> = {}): HostInventory {
  const namespaces = [2, 3].map((nsid) => ({
    id: `ns${nsid}`,
    hostId: 'host',
    present: true,
    observation: namespace({ nsid, attachedTo: nsid === 2 ? [1] : [0] }),
    observedAt: AT,
  }))
  return {
    controllers: [pf()],
    virtualFunctions: [vf1()],
    namespaces,
    assignments: [],
    ...over,
  }
}

function kinds(over: Partial<HostInventory>): readonly string[] {
  return driftOf(host(over)).map(({ kind, functionId }) => `${functionId} ${kind}`)
}

test('a host as it is desired has no drift, whatever is in its pool', () => {
  const pooled = vf1({ id: 'pooled', vfNumber: 2, cntlid: 2, secondaryState: 'offline' })

  expect(kinds({})).toEqual([])
  expect(
    kinds({ virtualFunctions: [vf1(), { ...pooled, provisioned: null, vq: 0, vi: 0 }] })
  ).toEqual([])
})

const OF_VF: readonly (readonly [
  string,
  Partial<VirtualFunctionRow>,
  readonly string[],
])[] = [
  ['VFs disabled', { address: null, observation: null }, ['vfs-gone']],
  ['offline', { secondaryState: 'offline' }, ['vf-offline']],
  ['reset', { secondaryState: 'offline', vq: 0, vi: 0 }, ['resources-lost']],
  ['given more', { vq: 5 }, ['resources-changed']],
  [
    'another cntlid’s namespace',
    { cntlid: 0 },
    ['namespace-detached', 'foreign-namespace-attached'],
  ],
  ['bound by hand', { observation: vf({ binding: VFIO }) }, ['driver-changed']],
  ['online in the pool', { provisioned: null }, ['foreign-secondary-online']],
  ['half retired', { provisioned: { ...PROVISIONED, quarantine: 'x' }, vq: 0 }, []],
]

test.for(OF_VF)('a VF that is %s differs in %j', ([, over, expected]) => {
  expect(kinds({ virtualFunctions: [vf1(over)] })).toEqual(
    expected.map((kind) => `vf ${kind}`)
  )
})

const ASSIGNED = vf1({ observation: vf({ binding: VFIO, group: GROUP }) })

test.for([
  ['as handed over', ASSIGNED, {}, []],
  ['whose driver was taken', vf1(), {}, ['driver-changed', 'override-changed']],
  [
    'whose override was cleared',
    vf1({ observation: vf({ binding: { ...VFIO, override: null }, group: GROUP }) }),
    {},
    ['override-changed'],
  ],
  [
    'in another group',
    vf1({ observation: vf({ binding: VFIO, group: { ...GROUP, number: 12 } }) }),
    {},
    ['moved'],
  ],
  ['in an operation’s hands', vf1(), { state: 'preparing' }, []],
  ['quarantined', vf1(), { state: 'quarantined' }, []],
] as const)('an assigned VF %s differs in what it should', ([, row, over, expected]) => {
  const found = driftOf(host({ virtualFunctions: [row], assignments: [assignment(over)] }))

  expect(found.map(({ kind }) => kind)).toEqual(expected)
  expect(found.every(({ tenant }) => tenant === 'tenant-b')).toBe(true)
})

test('drives that went, or that two claim to be, say only that', () => {
  const lost = [assignment({ functionId: 'pf', functionKind: 'controller' })]

  expect(kinds({ controllers: [pf({ present: false })] })).toEqual(['vf hardware-missing'])
  expect(kinds({ controllers: [pf({ present: false })], assignments: lost })).toEqual([
    'pf hardware-missing',
    'vf hardware-missing',
  ])
  expect(kinds({ controllers: [pf({ ambiguous: true })] })).toEqual([
    'pf ambiguous',
    'vf ambiguous',
  ])
})

test('VFs that nvirt did not enable in this boot are foreign', () => {
  const none = { virtualFunctions: [] }
  const elsewhen = { vfCount: 0, autoprobe: true, bootId: 'boot-0' }

  expect(kinds({ ...none, controllers: [pf()] })).toEqual([])
  expect(kinds({ ...none, controllers: [pf({ sriovBefore: null })] })).toEqual([
    'pf foreign-vfs',
  ])
  expect(kinds({ ...none, controllers: [pf({ sriovBefore: elsewhen })] })).toEqual([
    'pf foreign-vfs',
  ])
})

test('VFs are nobody else’s any more once one of them is nvirt’s', () => {
  const sriovBefore = { vfCount: 2, autoprobe: true, bootId: 'boot-1' }
  const observation = primary({ sriov: { ...SRIOV, autoprobe: true } })
  const adopted = pf({ sriovBefore: null })
  const pool = vf1({ provisioned: null, secondaryState: 'offline', vq: 0, vi: 0 })

  expect(kinds({ controllers: [adopted], virtualFunctions: [pool] })).toEqual([
    'pf foreign-vfs',
  ])
  for (const row of [adopted, pf({ sriovBefore })]) {
    expect(kinds({ controllers: [row] })).toEqual([])
    expect(kinds({ controllers: [{ ...row, observation }] })).toEqual([
      'pf autoprobe-changed',
    ])
  }
})

test('autoprobe must be off while VFs of nvirt are there', () => {
  const observation = primary({ sriov: { ...SRIOV, autoprobe: true } })

  expect(kinds({ controllers: [pf({ observation })] })).toEqual(['pf autoprobe-changed'])
  expect(kinds({ controllers: [pf({ observation: fn() })] })).toEqual([])
})

test('each difference is told when it appears and when it goes, and not between', () => {
  const drift = driftOf(host({ virtualFunctions: [vf1({ address: null })] }))
  const nobody = () => false
  const typesOf = ({ writes }: ReturnType<typeof follow>) =>
    writes.flatMap((write) => (write.write === 'appendEvent' ? [write.event.type] : []))

  const first = follow(new Map(), { drift, isChanging: nobody, at: AT })
  const again = follow(first.rows, { drift, isChanging: nobody, at: 'later' })
  const held = follow(first.rows, { drift: [], isChanging: () => true, at: 'later' })
  const gone = follow(first.rows, { drift: [], isChanging: nobody, at: 'later' })

  expect(typesOf(first)).toEqual(['virtual-function.drift-appeared'])
  expect(again.writes).toEqual([])
  expect(held.writes).toEqual([])
  expect(typesOf(gone)).toEqual(['virtual-function.drift-resolved'])
  expect(gone.rows.size).toBe(0)
})

test('what is found changes under the same kind without being told again', () => {
  const driftWith = (driver: string) =>
    driftOf(
      host({
        virtualFunctions: [
          vf1({ observation: vf({ binding: { driver, override: null } }) }),
        ],
      })
    )
  const nobody = () => false
  const first = follow(new Map(), { drift: driftWith('nvme'), isChanging: nobody, at: AT })

  const next = follow(first.rows, {
    drift: driftWith('vfio-pci'),
    isChanging: nobody,
    at: 'later',
  })

  const [row]: DriftRow[] = [...next.rows.values()]
  expect(next.writes).toEqual([{ write: 'putDrift', row }])
  expect(row).toMatchObject({ found: { driver: 'vfio-pci' }, since: AT })
})
