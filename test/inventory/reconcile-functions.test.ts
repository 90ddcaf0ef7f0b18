import { describe, expect, test } from 'vitest'
import type { InHand } from '../../src/inventory/in-hand.ts'
import { controllerIdOf, virtualFunctionIdOf } from '../../src/inventory/identity.ts'
import {
  namespace,
  primary,
  PRIMARY_CONTROLLER,
  scanOf,
  secondary,
  vf,
  VF1,
  VFIO,
} from './observed.ts'
import { scanned } from './scanned.ts'

const PF_ID = controllerIdOf(PRIMARY_CONTROLLER)
const VF1_ID = virtualFunctionIdOf(PF_ID, 1)

describe('virtual functions', () => {
  test('show what the primary and the PCI bus say of them', () => {
    const enabled = primary({
      controller: {
        ...PRIMARY_CONTROLLER,
        secondaries: [secondary(1, true), secondary(2)],
      },
    })

    const { rows, differences } = scanned([scanOf([primary()]), scanOf([enabled, vf()])])

    expect(rows.virtualFunctions[0]).toMatchObject({
      id: VF1_ID,
      address: VF1,
      secondaryState: 'online',
      vq: 4,
    })
    expect(differences).toMatchObject([
      {
        type: 'virtual-function.changed',
        subject: { id: VF1_ID },
        detail: { changes: { secondaryState: { before: 'offline', after: 'online' } } },
      },
    ])
  })

  test('keep what the primary last said while a guest has the primary', () => {
    const online = primary({
      controller: {
        ...PRIMARY_CONTROLLER,
        secondaries: [secondary(1, true), secondary(2)],
      },
    })
    const assigned = primary({ binding: VFIO, controller: null })

    const { rows } = scanned([scanOf([online, vf()]), scanOf([assigned, vf()])])

    expect(rows.virtualFunctions[0]).toMatchObject({
      secondaryState: 'online',
      vq: 4,
      address: VF1,
    })
  })

  test('lose their address with their primary', () => {
    const { rows } = scanned([scanOf([primary(), vf()]), scanOf([])])

    expect(rows.virtualFunctions).toMatchObject([
      { address: null, observation: null },
      { address: null },
    ])
  })

  test('of a primary that never answered are as many as the bus allows', () => {
    const never = primary({ binding: VFIO, controller: null })

    const { rows } = scanned([scanOf([never])])

    expect(rows.virtualFunctions).toHaveLength(2)
  })

  test('are no drift while an operation holds their primary', () => {
    const { differences } = scanned([scanOf([primary()]), scanOf([primary(), vf()])], {
      inHand: (id) => (id === PF_ID ? 'all' : 'nothing'),
    })

    expect(differences).toEqual([])
  })

  test.for<[InHand, readonly string[]]>([
    ['vfs', []],
    ['stays', ['virtual-function.changed']],
  ])(
    'that come while operations have %s of their primary are told, or not',
    ([its, types]) => {
      const { differences } = scanned([scanOf([primary()]), scanOf([primary(), vf()])], {
        inHand: (id) => (id === PF_ID ? its : 'nothing'),
      })

      expect(differences.map(({ type }) => type)).toEqual(types)
    }
  )

  test.for<[InHand, readonly string[]]>([
    ['vfs', ['driver']],
    ['stays', ['driver']],
    ['nothing', ['driver', 'blocked']],
  ])(
    'that wait for a call while operations have %s of their primary tell only what else changed',
    ([its, fields]) => {
      const since = (time: string) => ({ blocked: `a call hangs since ${time}` })
      const pf = (time: string) => primary(since(time))
      const binding = { driver: 'vfio-pci', override: null }
      const changed = vf({ ...since('12:01'), binding })

      const told = [vf(since('12:01')), changed].map(
        (now) =>
          scanned(
            [
              scanOf([primary(), vf()]),
              scanOf([pf('12:00'), vf(since('12:00'))]),
              scanOf([pf('12:01'), now]),
            ],
            { inHand: (id) => (id === PF_ID ? its : 'nothing') }
          ).differences.filter(({ subject }) => subject.kind === 'virtualFunction')[0]
      )

      expect(told.map((one) => Object.keys(one?.detail['changes'] ?? {}))).toEqual([
        fields.filter((field) => field === 'blocked'),
        fields,
      ])
    }
  )
})

describe('namespaces', () => {
  test('have gone when a controller of their subsystem no longer lists them', () => {
    const { rows, differences } = scanned([
      scanOf([primary()], [namespace(), namespace({ nsid: 2 })]),
      scanOf([primary()], [namespace()]),
    ])

    expect(rows.namespaces.map(({ present }) => present)).toEqual([true, false])
    expect(differences.map(({ type }) => type)).toEqual(['namespace.gone'])
  })

  test.for([
    ['a guest has their only controller', primary({ binding: VFIO, controller: null })],
    [
      'their controller does not answer',
      primary({ controller: { ...PRIMARY_CONTROLLER, capabilities: null } }),
    ],
  ] as const)('are still there when %s', ([, now]) => {
    const { rows } = scanned([scanOf([primary()], [namespace()]), scanOf([now])])

    expect(rows.namespaces).toMatchObject([{ present: true }])
  })

  test('are still there when their controller answers, and was not asked for them to the end', () => {
    const { rows, differences } = scanned([
      scanOf([primary()], [namespace()]),
      { ...scanOf([primary()]), listed: [] },
    ])

    expect(rows.namespaces).toMatchObject([{ present: true }])
    expect(differences).toEqual([])
  })

  test('have gone with their last controller', () => {
    const { rows } = scanned([scanOf([primary()], [namespace()]), scanOf([])])

    expect(rows.namespaces).toMatchObject([{ present: false }])
  })

  test('with one identifier on two drives have two rows', () => {
    const twin = namespace({ nguid: 'aa', subsystemNqn: 'nqn.other', serial: 'X' })

    const { rows } = scanned([scanOf([primary()], [namespace({ nguid: 'aa' }), twin])])

    expect(new Set(rows.namespaces.map(({ id }) => id)).size).toBe(2)
  })

  test.for<[string, readonly number[], readonly string[]]>([
    ['of a VF that an operation decides about, and of its primary', [0, 1], []],
    ['of another VF', [0, 2], ['namespace.changed']],
  ])('meanwhile attachments %s are told, or not', ([, attachedTo, expected]) => {
    const { differences } = scanned(
      [
        scanOf([primary()], [namespace({ attachedTo: [] })]),
        scanOf([primary()], [namespace({ attachedTo })]),
      ],
      { inHand: (id) => (id === PF_ID ? 'stays' : id === VF1_ID ? 'all' : 'nothing') }
    )

    expect(differences.map(({ type }) => type)).toEqual(expected)
  })

  test('that had only others’ attachments have gone, whatever an operation does beside them', () => {
    const shown = [namespace({ attachedTo: [1] }), namespace({ nsid: 2, attachedTo: [2] })]

    const { differences } = scanned([scanOf([primary()], shown), scanOf([primary()])], {
      inHand: (id) => (id === PF_ID ? 'stays' : id === VF1_ID ? 'all' : 'nothing'),
    })

    expect(differences).toMatchObject([
      { type: 'namespace.gone', detail: { before: { attachedTo: [2] } } },
    ])
  })

  test('tell when they are mounted', () => {
    const mounted = namespace({
      uses: [{ nsid: 1, disk: 'nvme0n1', use: 'mount', by: '/srv' }],
    })

    const { differences } = scanned([
      scanOf([primary()], [namespace()]),
      scanOf([primary()], [mounted]),
    ])

    expect(differences).toMatchObject([
      { detail: { changes: { uses: { before: [], after: ['mount /srv'] } } } },
    ])
  })
})
