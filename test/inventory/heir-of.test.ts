/** Two drives that say the same of themselves, A and B: who has the id on which A was assigned. */
import { expect, test } from 'vitest'
import type { FunctionObservation } from '../../src/host/observation.ts'
import type { PciFacts } from '../../src/host/query.ts'
import { controllerIdOf } from '../../src/inventory/identity.ts'
import type { PciAddress } from '../../src/nvme/pci-address.ts'
import { controller, fn, PF, pci, PLAIN, scanOf, VFIO } from './observed.ts'
import { scanned } from './scanned.ts'

const ID = controllerIdOf(controller())

type Place = Partial<FunctionObservation> & {
  readonly at: PciAddress
  readonly port: string
  readonly facts?: Partial<PciFacts>
}

function drive({ at, port, facts = {}, ...over }: Place): FunctionObservation {
  const topology = `pci0000:00/0000:00:${port}.0/${at}`
  return fn({ address: at, pci: pci(at, { topology, ...facts }), ...over })
}

const A = { at: PLAIN, port: '05' }
const B = { at: PF, port: '04' }
const ELSEWHERE = { at: PLAIN, port: '06' }
const WITH_GUEST = { binding: VFIO, controller: null }
const REBOOTED = { facts: { bootId: 'boot-2' } }
const SERIAL = { facts: { serialNumber: 'aa' } }

const both = [drive(A), drive(B)]
const guests = [drive({ ...A, ...WITH_GUEST }), drive(B)]
const told = [drive({ ...A, ...SERIAL }), drive({ ...B, facts: { serialNumber: 'bb' } })]
const copied = [drive({ ...A, ...SERIAL }), drive({ ...B, ...SERIAL })]
const exchanged = [
  drive({ ...A, at: PF, ...REBOOTED }),
  drive({ ...B, at: PLAIN, ...REBOOTED }),
]

const cases = [
  { what: 'A, with a guest, is pulled and B stays', scans: [guests, [drive(B)]] },
  { what: 'A is pulled and B stays', scans: [both, [drive(B)]] },
  {
    what: 'A is pulled and B is where A was, with another serial number',
    scans: [told, [drive({ ...A, facts: { serialNumber: 'bb' } })]],
  },
  {
    what: 'A, alone until then, is swapped for B, with another serial number',
    scans: [[drive({ ...A, ...SERIAL })], [drive({ ...A, facts: { serialNumber: 'bb' } })]],
  },
  {
    what: 'that is scanned again',
    scans: [
      [drive({ ...A, ...SERIAL })],
      [drive({ ...A, facts: { serialNumber: 'bb' } })],
      [drive({ ...A, facts: { serialNumber: 'bb' } })],
    ],
  },
  {
    what: 'A is pulled, and a reboot gives B its address',
    scans: [both, [drive(B)], [drive({ ...B, at: PLAIN, ...REBOOTED })]],
  },
  {
    what: 'a reboot exchanges their addresses, and A is pulled',
    scans: [exchanged, [drive({ ...B, at: PLAIN, ...REBOOTED })]],
  },
  {
    what: 'one of them is in another slot, and which of them nothing tells',
    scans: [both, [drive(B)], [drive(ELSEWHERE)]],
  },
  {
    what: 'one of them is in another slot, and their serial number is the same',
    scans: [copied, [], [drive({ ...ELSEWHERE, ...SERIAL })]],
  },
]

test.for(cases)('nobody has it when $what', ({ scans }) => {
  const { rows } = scanned(
    [[drive(A)], ...scans].map((functions) => scanOf(functions)),
    { isAssigned: () => true }
  )

  const present = rows.controllers.filter((row) => row.present)
  expect(present.map(({ id, ambiguous }) => [id === ID, ambiguous])).toEqual([
    [false, true],
  ])
})

const kept = [
  { what: 'B is pulled and A stays', scans: [both, [drive(A)]] },
  {
    what: 'B is pulled, and a reboot gives A its address',
    scans: [both, [drive(A)], [drive({ ...A, at: PF, ...REBOOTED })]],
  },
  {
    what: 'a reboot exchanges their addresses, and B is pulled',
    scans: [exchanged, [drive({ ...A, at: PF, ...REBOOTED })]],
  },
  { what: 'A comes back to its slot', scans: [both, [drive(B)], [], [drive(A)]] },
  {
    what: 'A comes to another slot while B is away, and its serial number tells',
    scans: [told, [], [drive({ ...ELSEWHERE, ...SERIAL })]],
  },
]

test.for(kept)('A has it, and is trusted again, when $what', ({ scans }) => {
  const { rows } = scanned(
    [[drive(A)], ...scans].map((functions) => scanOf(functions)),
    { isAssigned: () => true }
  )

  const present = rows.controllers.filter((row) => row.present)
  expect(present.map(({ id, ambiguous }) => [id === ID, ambiguous])).toEqual([
    [true, false],
  ])
})

test('when nothing is assigned the one that is left has it', () => {
  const { rows } = scanned([scanOf([drive(A)]), scanOf(both), scanOf([drive(B)])])

  const present = rows.controllers.filter((row) => row.present)
  expect(present).toMatchObject([{ id: ID, address: PF, ambiguous: false }])
})
