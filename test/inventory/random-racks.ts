/** Two hosts with slots that drives come to, move between, and answer from or not: as random moves make them. */
import fc from 'fast-check'
import type { FunctionObservation, HostObservation } from '../../src/host/observation.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import {
  controller,
  FACTS,
  fn,
  namespace,
  pci,
  PRIMARY_CONTROLLER,
  secondary,
  VFIO,
} from './observed.ts'

const SLOTS = 3
const DRIVES = 3
export const MACHINE_IDS = ['0'.repeat(32), 'f'.repeat(32)]

/** `unlisted`: it answers, but does not get to its namespaces. */
type Hold = 'nvme' | 'unlisted' | 'guest' | 'nobody' | 'blocked' | 'silent'

export type Move =
  | { readonly move: 'plug'; readonly slot: number; readonly drive: number | null }
  | { readonly move: 'hold'; readonly slot: number; readonly hold: Hold }
  | { readonly move: 'reboot'; readonly host: number }
  | { readonly move: 'enable'; readonly drive: number; readonly vfCount: number }
  | {
      readonly move: 'secondary'
      readonly drive: number
      readonly vf: number
      readonly online: boolean
    }
  | { readonly move: 'age' | 'warn' | 'attach' | 'delete'; readonly drive: number }
  | { readonly move: 'nothing' }
  /** By a workflow: the nth VF that there is. */
  | { readonly move: 'provision'; readonly nth: number; readonly undo: boolean }

export type Step = { readonly move: Move; readonly scans: readonly number[] }

const slot = fc.nat(SLOTS * MACHINE_IDS.length - 1)
const drive = fc.nat(DRIVES - 1)
const holds: readonly Hold[] = [
  'nvme',
  'nvme',
  'nvme',
  'unlisted',
  'guest',
  'nobody',
  'blocked',
  'silent',
]

const plug = fc.record({
  move: fc.constant('plug' as const),
  slot,
  drive: fc.option(drive, { nil: null, freq: 2 }),
})

const move: fc.Arbitrary<Move> = fc.oneof(
  plug,
  plug,
  fc.record({ move: fc.constant('hold' as const), slot, hold: fc.constantFrom(...holds) }),
  fc.record({ move: fc.constant('reboot' as const), host: fc.nat(1) }),
  fc.record({
    move: fc.constant('enable' as const),
    drive,
    vfCount: fc.constantFrom(0, 2),
  }),
  fc.record({
    move: fc.constant('secondary' as const),
    drive,
    vf: fc.nat(1),
    online: fc.boolean(),
  }),
  fc.record({
    move: fc.constantFrom('age' as const, 'age' as const, 'warn', 'attach', 'delete'),
    drive,
  }),
  fc.constant({ move: 'nothing' as const }),
  fc.record({
    move: fc.constant('provision' as const),
    nth: fc.nat(7),
    undo: fc.boolean(),
  })
)

/** Hosts that are scanned at once after the move. */
const scans = fc.constantFrom([0], [1], [0, 1], [1, 0], [0, 0], [])

/** Long: what two hosts claim takes several scans of both to come and to go. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(fc.record({ move, scans }), {
  minLength: 10,
  maxLength: 40,
  size: 'max',
})

type Drive = {
  vfCount: number
  readonly online: boolean[]
  age: number
  warning: number
  attached: boolean
  deleted: boolean
}

export class RandomRacks {
  readonly #boots = [1, 1]
  readonly #slots: { drive: number | null; hold: Hold }[] = Array.from(
    { length: SLOTS * MACHINE_IDS.length },
    (_, at) => ({ drive: at % SLOTS === 0 ? at / SLOTS : null, hold: 'nvme' })
  )
  readonly #drives: Drive[] = Array.from({ length: DRIVES }, () => ({
    vfCount: 0,
    online: [false, false],
    age: 1,
    warning: 0,
    attached: false,
    deleted: false,
  }))

  /** Provisioning is none of the hardware's. */
  make(move: Exclude<Move, { move: 'provision' }>): void {
    switch (move.move) {
      case 'plug':
        this.#slot(move.slot).drive = move.drive
        return
      case 'hold':
        this.#slot(move.slot).hold = move.hold
        return
      case 'reboot':
        this.#boots[move.host] = (this.#boots[move.host] ?? 0) + 1
        return
      case 'enable':
        this.#drive(move.drive).vfCount = move.vfCount
        return
      case 'secondary':
        this.#drive(move.drive).online[move.vf] = move.online
        return
      case 'age':
        this.#drive(move.drive).age++
        return
      case 'warn':
        this.#drive(move.drive).warning ^= 1
        return
      case 'attach':
        this.#drive(move.drive).attached = !this.#drive(move.drive).attached
        return
      case 'delete':
        this.#drive(move.drive).deleted = !this.#drive(move.drive).deleted
        return
      case 'nothing':
        return
    }
  }

  observation(host: number, observedAt: string): HostObservation {
    const bootId = `boot-${this.#boots[host]}`
    const there = this.#slots
      .slice(host * SLOTS, (host + 1) * SLOTS)
      .flatMap(({ drive, hold }, at) => (drive === null ? [] : [{ drive, hold, at }]))
    const listing = there.filter(({ hold }) => hold === 'nvme')
    const listed = [...new Set(listing.map(({ drive }) => drive))]
    return {
      host: { ...FACTS, machineId: MACHINE_IDS[host] ?? '', bootId },
      functions: there.flatMap((one) => this.#functionsOf(one, bootId)),
      namespaces: listed.flatMap((drive) => this.#namespacesOf(drive)),
      listed: listed.map(nameOf),
      observedAt,
    }
  }

  #functionsOf(
    {
      drive,
      hold,
      at,
    }: { readonly drive: number; readonly hold: Hold; readonly at: number },
    bootId: string
  ): readonly FunctionObservation[] {
    const { vfCount } = this.#drive(drive)
    const address = pciAddress(`0000:0${at + 1}:00.0`)
    const serialNumber = drive === 0 ? 'pci-serial-0' : null
    const isBlocked = hold === 'blocked'
    const pf = fn({
      address,
      pci: pci(address, { bootId, serialNumber: isBlocked ? null : serialNumber }),
      binding: isBlocked ? null : bindingOf(hold),
      blocked: isBlocked ? 'it hangs' : null,
      sriov: isBlocked || drive === 2 ? null : { ...SRIOV, vfCount },
      controller: this.#controllerOf(drive, hold),
    })
    const vfs = Array.from({ length: drive === 2 ? 0 : vfCount }, (_, index) => {
      const own = pciAddress(`0000:0${at + 1}:00.${index + 1}`)
      return fn({
        address: own,
        pci: pci(own, { bootId }),
        binding: { driver: null, override: null },
        vf: { pf: address, vfNumber: index + 1 },
        controller: null,
      })
    })
    return [pf, ...vfs]
  }

  /** Drive 2 is a plain one. */
  #controllerOf(number: number, hold: Hold): FunctionObservation['controller'] {
    if (hold === 'guest' || hold === 'nobody') return null
    const { online, age, warning } = this.#drive(number)
    const names = nameOf(number)
    const base = number === 2 ? controller(names) : { ...PRIMARY_CONTROLLER, ...names }
    if (hold === 'blocked' || hold === 'silent')
      return { ...base, capabilities: null, primary: null, secondaries: [], health: null }
    return {
      ...base,
      secondaries: number === 2 ? [] : online.map((is, index) => secondary(index + 1, is)),
      health: base.health && {
        ...base.health,
        criticalWarning: warning,
        powerOnHours: String(age),
      },
    }
  }

  #namespacesOf(number: number): HostObservation['namespaces'] {
    const { attached, deleted } = this.#drive(number)
    if (deleted) return []
    return [namespace({ ...nameOf(number), attachedTo: attached ? [0, 1] : [0] })]
  }

  #drive(number: number): Drive {
    const drive = this.#drives[number]
    if (!drive) throw new Error(`no drive ${number}`)
    return drive
  }

  #slot(number: number) {
    const slot = this.#slots[number]
    if (!slot) throw new Error(`no slot ${number}`)
    return slot
  }
}

const SRIOV = { totalVfs: 2, autoprobe: true, offset: 1, stride: 1 }

function nameOf(drive: number) {
  return { serial: `S${drive}`, subsystemNqn: `nqn.drive-${drive}` }
}

function bindingOf(hold: Hold) {
  if (hold === 'guest') return VFIO
  return { driver: hold === 'nobody' ? null : 'nvme', override: null }
}
