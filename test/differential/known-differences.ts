/** What the emulator is known to answer otherwise than the real kernel on QEMU 7.2, and why it is left so. */
import { VF_ADDRESSES } from './settle.ts'

/** What a machine in trouble says of the rest of a sequence. */
export const NOT_TOLD = 'nothing: see the trouble'

export type Difference = {
  /** Place of the command; undefined: the state at the end. */
  readonly place: number | undefined
  /** The command, or the name of what the state says. */
  readonly what: string
  readonly real: string
  readonly emulated: string
}

export type KnownDifference = {
  readonly why: string
  readonly isIt: (difference: Difference) => boolean
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    why:
      'reset_controller of a VF that nvme first probed while it was offline, and that was then brought online and probed ' +
      'again, hangs for over half a minute; why is not known. Sequences leave it out: it costs a guest each time. Without ' +
      'the failed probe it does not hang, which is one of the scripted cases',
    isIt: ({ what, real }) =>
      VF_ADDRESSES.some((vf) => what.endsWith(`to reset_controller of ${vf}`)) &&
      real === NOT_TOLD,
  },
  {
    why:
      'a VF that an FLR of the primary took away reads D3cold once a driver has tried it, since its configuration space ' +
      'does not answer (pci_power_up); the emulator says what it says of other VFs',
    isIt: ({ real, emulated }) =>
      real.includes('power_state D3cold') && withoutPower(real) === withoutPower(emulated),
  },
]

function withoutPower(state: string): string {
  return state.replace(/power_state \w+/, '')
}

export function isKnown(difference: Difference): boolean {
  return KNOWN_DIFFERENCES.some(({ isIt }) => isIt(difference))
}
