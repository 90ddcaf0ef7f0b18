import { describe, expect, test } from 'vitest'
import type { HostObservation } from '../../src/host/observation.ts'
import type { Elsewhere } from '../../src/inventory/elsewhere.ts'
import { controllerIdOf, unansweredControllerIdOf } from '../../src/inventory/identity.ts'
import type { PciAddress } from '../../src/nvme/pci-address.ts'
import {
  controller,
  fn,
  namespace,
  PF,
  PLAIN,
  pci,
  primary,
  PRIMARY_CONTROLLER,
  scanOf,
  secondary,
  VFIO,
} from './observed.ts'
import { scanned } from './scanned.ts'

const PLAIN_ID = controllerIdOf(controller())
const PF_ID = controllerIdOf(PRIMARY_CONTROLLER)

describe('controllers', () => {
  test('a first scan makes rows, and events of what appeared: a controller tells of its VFs', () => {
    const { rows, differences } = scanned([scanOf([primary(), fn()], [namespace()])])

    expect(rows.controllers.map(({ id }) => id)).toEqual([PF_ID, PLAIN_ID])
    expect(rows.virtualFunctions.map(({ vfNumber }) => vfNumber)).toEqual([1, 2])
    expect(rows.virtualFunctions[0]).toMatchObject({ address: null, cntlid: 1 })
    expect(differences.map(({ type }) => type)).toEqual([
      'controller.appeared',
      'controller.appeared',
      'namespace.appeared',
    ])
    expect(differences[0]?.detail).toMatchObject({ after: { totalVfs: 2, vfCount: 0 } })
  })

  test('a scan that sees the same again changes no row', () => {
    const again = scanOf([primary(), fn()], [namespace()], '2026-01-01T00:00:30.000Z')

    const { changed, differences } = scanned([
      scanOf([primary(), fn()], [namespace()]),
      again,
    ])

    expect(changed).toMatchObject({ controllers: [], virtualFunctions: [], namespaces: [] })
    expect(differences).toEqual([])
  })

  test('another address and another name are changes of the same controller', () => {
    const moved = fn({
      address: PF,
      pci: pci(PF, { bootId: 'boot-2' }),
      controller: controller({ name: 'nvme7' }),
    })

    const { rows, differences } = scanned([scanOf([fn()]), scanOf([moved])])

    expect(rows.controllers).toMatchObject([{ id: PLAIN_ID, address: PF, present: true }])
    expect(differences).toMatchObject([
      {
        type: 'controller.changed',
        detail: { changes: { pciAddress: { before: PLAIN, after: PF } } },
      },
    ])
  })

  test('a counter or a temperature makes no event, a critical warning does', () => {
    const health = controller().health
    const warmer = health && { ...health, temperatureKelvin: 350, dataUnitsRead: '99' }
    const failing = health && { ...health, criticalWarning: 4 }

    const quiet = scanned([scanOf([fn()]), withHealth(warmer)])
    const loud = scanned([scanOf([fn()]), withHealth(failing)])

    expect(quiet.differences).toEqual([])
    expect(quiet.changed.controllers).toHaveLength(1)
    expect(loud.differences).toMatchObject([
      { detail: { changes: { criticalWarning: { before: 0, after: 4 } } } },
    ])
  })

  test('a controller handed to a guest keeps its row and what it last said', () => {
    const assigned = fn({ binding: VFIO, controller: null })

    const { rows, differences } = scanned([scanOf([fn()]), scanOf([assigned])])

    expect(rows.controllers).toMatchObject([
      { id: PLAIN_ID, serial: 'PLAIN0', lastController: { model: 'QEMU NVMe Ctrl' } },
    ])
    expect(rows.controllers[0]?.observation.controller).toBeNull()
    expect(differences).toMatchObject([
      { detail: { changes: { driver: { before: 'nvme', after: 'vfio-pci' } } } },
    ])
  })

  test('after a reboot, a function that does not answer is not taken for what was at its address', () => {
    const other = fn({
      binding: VFIO,
      controller: null,
      pci: pci(PLAIN, { bootId: 'boot-2' }),
    })

    const { rows } = scanned([scanOf([fn()]), scanOf([other])])

    expect(rows.controllers).toMatchObject([
      { id: PLAIN_ID, present: false },
      { id: unansweredControllerIdOf('host', other.pci), present: true, serial: '' },
    ])
  })

  test('after a reboot, a serial-number capability tells the same drive', () => {
    const dsn = { serialNumber: '00aa11bb22cc33dd' }
    const before = fn({ pci: pci(PLAIN, dsn) })
    const after = fn({
      binding: VFIO,
      controller: null,
      pci: pci(PLAIN, { ...dsn, bootId: 'boot-2' }),
    })

    const { rows } = scanned([scanOf([before]), scanOf([after])])

    expect(rows.controllers).toMatchObject([{ id: PLAIN_ID, present: true }])
  })

  describe.for(['0000000000000000', 'ffffffffffffffff'])(
    'a serial number of %s proves nothing',
    (serialNumber) => {
      test('a drive in another slot and another boot is not the one that had gone', () => {
        const before = fn({ pci: pci(PLAIN, { serialNumber }) })
        const other = fn({
          address: PF,
          binding: VFIO,
          controller: null,
          pci: pci(PF, { serialNumber, bootId: 'boot-2' }),
        })

        const { rows } = scanned([scanOf([before]), scanOf([]), scanOf([other])])

        expect(rows.controllers).toMatchObject([
          { id: PLAIN_ID, present: false },
          { address: PF, serial: '', present: true },
        ])
      })

      test('two drives that never answered are not one', () => {
        const silent = (address: PciAddress) =>
          fn({
            address,
            binding: VFIO,
            controller: null,
            pci: pci(address, { serialNumber }),
          })

        const { rows } = scanned([scanOf([silent(PF), silent(PLAIN)])])

        expect(rows.controllers.map(({ ambiguous }) => ambiguous)).toEqual([false, false])
      })
    }
  )

  test('a function that never answered gets a row only when a guest has it', () => {
    const unbound = fn({ binding: { driver: null, override: null }, controller: null })

    expect(scanned([scanOf([unbound])]).rows.controllers).toEqual([])
    expect(
      scanned([scanOf([{ ...unbound, binding: VFIO }])]).rows.controllers
    ).toMatchObject([{ serial: '', lastController: null, present: true }])
  })

  test('what has gone stays as a row that is not there, and comes back as the same', () => {
    const gone = scanned([scanOf([fn()]), scanOf([])])
    const back = scanned([scanOf([fn()]), scanOf([]), scanOf([fn()])])

    expect(gone.rows.controllers).toMatchObject([{ id: PLAIN_ID, present: false }])
    expect(gone.differences.map(({ type }) => type)).toEqual(['controller.gone'])
    expect(back.rows.controllers).toMatchObject([{ id: PLAIN_ID, present: true }])
    expect(back.differences.map(({ type }) => type)).toEqual(['controller.appeared'])
  })

  test('a hanging lane takes nothing away that was known', () => {
    const hanging = primary({
      blocked: 'write sriov_numvfs "0"',
      binding: null,
      sriov: null,
      resetMethods: null,
      controller: { ...PRIMARY_CONTROLLER, ...SILENT },
    })

    const { rows, differences } = scanned([scanOf([primary()]), scanOf([hanging])])

    expect(rows.controllers[0]).toMatchObject({
      observation: {
        binding: { driver: 'nvme' },
        sriov: { totalVfs: 2 },
        blocked: 'write sriov_numvfs "0"',
      },
      lastController: { secondaries: [secondary(1), secondary(2)], health: {} },
    })
    expect(rows.virtualFunctions).toHaveLength(2)
    expect(differences).toMatchObject([
      { detail: { changes: { blocked: { before: null } } } },
    ])
  })

  test('what an operation does is no drift, but is in the rows', () => {
    const assigned = fn({ binding: VFIO, controller: null })

    const { rows, differences } = scanned([scanOf([fn()]), scanOf([assigned])], {
      inHand: (id) => (id === PLAIN_ID ? 'all' : 'nothing'),
    })

    expect(rows.controllers[0]?.observation.binding).toEqual(VFIO)
    expect(differences).toEqual([])
  })

  test('what a drive does meanwhile is told: a warning, and that it has gone', () => {
    const inHand = () => 'all' as const
    const health = { ...controller().health!, criticalWarning: 4 }
    const warned = fn({
      binding: { driver: 'nvme', override: 'nvme' },
      controller: controller({ health }),
    })

    const ill = scanned([scanOf([fn()]), scanOf([warned])], { inHand })
    const gone = scanned([scanOf([fn()], [namespace()]), scanOf([])], { inHand })

    expect(ill.differences).toMatchObject([{ type: 'controller.changed' }])
    expect(ill.differences[0]?.detail).toEqual({
      changes: { criticalWarning: { before: 0, after: 4 } },
    })
    expect(gone.differences.map(({ type }) => type)).toEqual([
      'controller.gone',
      'namespace.gone',
    ])
  })
})

describe('two that claim one identity', () => {
  const twin = fn({ address: PF, pci: pci(PF) })

  test('both are ambiguous, and the one that was known keeps its id', () => {
    const { rows } = scanned([scanOf([fn()]), scanOf([twin, fn()])])

    expect(rows.controllers).toMatchObject([
      { address: PLAIN, id: PLAIN_ID, ambiguous: true },
      { address: PF, ambiguous: true },
    ])
    expect(rows.controllers[1]?.id).not.toBe(PLAIN_ID)
  })

  test('when one leaves, the other is trusted again under the id', () => {
    const { rows } = scanned([scanOf([twin, fn()]), scanOf([fn()])])

    expect(rows.controllers.filter(({ present }) => present)).toMatchObject([
      { address: PLAIN, id: PLAIN_ID, ambiguous: false },
    ])
  })

  test("the other host's is marked as well", () => {
    const onOtherHost = scanned([scanOf([fn()])]).rows.controllers[0]
    if (!onOtherHost) throw new Error('the first scan made no row')
    const elsewhere: Elsewhere = {
      holderOf: (id) => (id === PLAIN_ID ? { ...onOtherHost, hostId: 'other' } : undefined),
      claims: () => true,
      hasNamespace: () => false,
    }

    const { rows } = scanned([scanOf([fn()])], { elsewhere })

    expect(rows.controllers).toMatchObject([
      { hostId: 'host', ambiguous: true },
      { hostId: 'other', id: PLAIN_ID, ambiguous: true },
    ])
  })
})

const SILENT = { capabilities: null, primary: null, secondaries: [], health: null }

function withHealth(health: ReturnType<typeof controller>['health']): HostObservation {
  return scanOf([fn({ controller: controller({ health }) })])
}
