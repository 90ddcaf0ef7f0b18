/** What the emulator is known to answer otherwise than the real kernel on QEMU 7.2, and why it is left so. */

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
      'nvme hears nothing of a namespace that is attached or detached if the same one was before the controller was last ' +
      'reset and its list of changed namespaces has not been read since: QEMU keeps that list (changed_nsids), forgets the ' +
      'event (nvme_ctrl_reset) and makes no second one (nvme_ns_attachment). In the emulator disks always follow. ' +
      'Sequences end alike since settle.ts asks for a scan',
    isIt: () => false,
  },
  {
    why:
      'a VF that an FLR of the primary took away reads D3cold once a driver has tried it, since its configuration space ' +
      'does not answer (pci_power_up); the emulator says what it says of other VFs',
    isIt: ({ real, emulated }) =>
      real.includes('power_state D3cold') && withoutPower(real) === withoutPower(emulated),
  },
  {
    why:
      'once a driver has left a function, its power_state is D0 on Debian’s 6.1.192 and unknown on the 6.1 before, as in the ' +
      'emulator (Linux drivers/pci/pci-driver.c, pci_device_remove); the release, 6.1.0 for both, does not tell them apart',
    isIt: ({ what, real, emulated }) =>
      what.includes('power_state')
        ? real === '"D0\\n"' && emulated === '"unknown\\n"'
        : real.replace('power_state D0', 'power_state unknown') === emulated,
  },
  {
    why:
      'a function reads D0 for a moment after vfio-pci has it: it is put to sleep by a work queue (Linux ' +
      'drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_register_device: pm_runtime_put); in the emulator it sleeps at once. ' +
      'Read on Debian’s 6.1.192: D0 for some reads, D3hot 20 ms later. In the end both sleep',
    isIt: ({ what, real, emulated }) =>
      what.startsWith('read') &&
      what.endsWith('power_state') &&
      real === '"D0\\n"' &&
      emulated === '"D3hot\\n"',
  },
]

function withoutPower(state: string): string {
  return state.replace(/power_state \w+/, '')
}

export function isKnown(difference: Difference): boolean {
  return KNOWN_DIFFERENCES.some(({ isIt }) => isIt(difference))
}
