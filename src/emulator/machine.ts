/** An emulated host's face. `emulatedMachine` (power-on.ts) makes one; `serve.ts` runs machines as a process of their own. */
import type { Drills } from '../host/drills.ts'
import type { KernelCall } from '../kernel/call.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { FaultInjector } from './faults/fault-injector.ts'

export interface EmulatedMachine {
  readonly name: string
  /** A Linux on it; every call gives the same one. */
  readonly kernel: Kernel
  readonly faults: FaultInjector
  /** The same faults, and what may happen to the machine, as the port of drills has it. */
  readonly drills: Drills
  /** Every control call (writes and admin commands that change something) that reached the machine, in order, failed ones too. */
  readonly transcript: readonly KernelCall[]
  /** Everything that nvirt may change, as plain data with sorted keys: what "as found" is compared with. */
  snapshot: () => MachineSnapshot
  /**
   * A process takes /dev/vfio/N, as a virtual machine would; the returned function gives it back.
   *
   * @param command null: of a process that nvirt cannot see
   */
  holdVfioGroup: (group: number, command: string | null) => () => void
  /** A process opens a disk, as QEMU does one that it gives to its guest; the returned function closes it. */
  openDisk: (disk: string, command: string, how: 'plainly' | 'exclusively') => () => void
  /** Mounts a disk, as somebody on the host would; the returned function unmounts. */
  mount: (disk: string, mountPoint: string) => () => void
  /** It is up, nothing is due on it and nobody holds anything of it: its journal tells all that there is to it. */
  isQuiet: () => boolean
  close: () => Promise<void>
}

export type MachineSnapshot = {
  readonly functions: Readonly<
    Record<string, { readonly driver: string | null; readonly override: string | null }>
  >
  readonly primaries: Readonly<
    Record<
      string,
      {
        readonly vfCount: number
        readonly autoprobe: boolean
        /** Flexible resources of the primary's own: those in force, and those from its next function reset on. */
        readonly flexible: Readonly<
          Record<'vq' | 'vi', { readonly now: number; readonly pending: number }>
        >
        readonly secondaries: readonly {
          readonly cntlid: number
          readonly state: 'online' | 'offline'
          readonly vq: number
          readonly vi: number
        }[]
      }
    >
  >
  /** By subsystem NQN and nsid: attached cntlids, of controllers that exist. */
  readonly attachments: Readonly<Record<string, readonly number[]>>
}
