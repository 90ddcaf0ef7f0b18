/**
 * The machine that the contract is about, on either kernel: an SR-IOV controller as QEMU 7.2 models it and a plain one,
 * under Linux 6.1. What the cases assert is what that Linux did.
 */
import type { Kernel } from '../../src/kernel/kernel.ts'

export type KernelWorld = {
  readonly kernel: Kernel
  /** Addresses of the SR-IOV controller and of the plain one, both on nvme, with no VF enabled. */
  readonly pf: string
  readonly plain: string
  readonly expectations: Expectations
  /** A process opens the group's device, as a virtual machine monitor would; what it gives closes it. */
  readonly holdVfio: (group: number, address: string) => Promise<() => Promise<void>>
  /** A process `sleep` has a disk open, as QEMU has a raw one; what it gives closes it. */
  readonly openDisk: (path: string) => Promise<() => Promise<void>>
  /** Somebody mounts a disk; what it gives unmounts it. */
  readonly mount: (disk: string) => Promise<() => Promise<void>>
}

export type Expectations = {
  readonly totalVfs: number
  /** Of each kind of flexible resource. */
  readonly vq: PoolExpectation
  readonly vi: PoolExpectation
  /** Attached to every controller of the subsystem, VFs as they appear. */
  readonly attachedNsid: number
  readonly detachedNsids: readonly number[]
}

export type PoolExpectation = {
  readonly total: number
  readonly primaryPrivate: number
  readonly maxPerSecondary: number
}

export type ContractCase = {
  /** A sentence. */
  readonly name: string
  /** VFs that are enabled, offline and without a driver, when it starts; default none. */
  readonly vfs?: number
  /**
   * Throws an AssertionError. Leaves the machine anyhow: it is put back afterwards.
   *
   * @param vfs addresses of the enabled VFs
   */
  readonly run: (world: KernelWorld, vfs: readonly string[]) => Promise<void>
}

/** `boot.sh` of the lab and `labLikeHost` of the emulator describe the same hardware. */
export const LAB_PF = '0000:01:00.0'
export const LAB_PLAIN = '0000:02:00.0'
export const LAB_EXPECTATIONS: Expectations = {
  totalVfs: 8,
  vq: { total: 32, primaryPrivate: 3, maxPerSecondary: 8 },
  vi: { total: 24, primaryPrivate: 9, maxPerSecondary: 6 },
  attachedNsid: 1,
  detachedNsids: [2, 3, 4],
}
