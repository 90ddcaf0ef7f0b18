/**
 * The host's one table of interrupts, for all functions of a watch together: the kernel makes all of it anew for every
 * read, so it is read once a tick, and its text once for everybody who looks for a guest's vectors in that tick.
 */
import type { Kernel } from '../../kernel/kernel.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { mayPostInterrupts } from './posted-interrupts.ts'
import { ifReadable, readText } from '../small-files.ts'
import { ListReader } from './list-reader.ts'

/** Action names of one function: a column. The same array for as long as they are the same. */
export type InterruptNames = readonly string[]

export class HostInterrupts {
  readonly #kernel: Kernel
  readonly #reader: ListReader<InterruptNames>
  #vectors: Promise<ReadonlyMap<string, readonly number[]>> | undefined
  #mayPost: Promise<boolean> | undefined

  constructor(kernel: Kernel) {
    this.#kernel = kernel
    this.#reader = new ListReader(kernel, (names) =>
      names.length === 0 ? [] : [{ kind: 'interrupts', names }]
    )
  }

  /** What was read of the text is of the tick before. */
  beginTick(): void {
    this.#vectors = undefined
    this.#mayPost = undefined
  }

  /** Whether a guest's interrupts may come without being counted: KVM may have been loaded since the last tick. */
  mayPost(): Promise<boolean> {
    return (this.#mayPost ??= mayPostInterrupts(this.#kernel))
  }

  /** MSI-X vectors that a guest has enabled, without vector 0, the admin queue's. Vector N serves queue N. */
  async guestVectors(fn: PciAddress): Promise<readonly number[]> {
    this.#vectors ??= this.#readVectors()
    return (await this.#vectors).get(fn) ?? []
  }

  /** One column for each asked for, in their order. They are filled anew by the next read. */
  read(columns: readonly InterruptNames[]): Promise<readonly Float64Array[]> {
    return this.#reader.read(columns)
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  async #readVectors(): Promise<ReadonlyMap<string, readonly number[]>> {
    const { call } = this.#kernel
    return vfioVectors((await ifReadable(readText(call, '/proc/interrupts'))) ?? '')
  }
}

/** By address, ascending. */
export function vfioVectors(interrupts: string): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>()
  for (const [, vector, address = ''] of interrupts.matchAll(
    /vfio-msix\[(\d+)\]\(([0-9a-f:.]+)\)/g
  )) {
    if (vector === '0') continue
    const vectors = found.get(address) ?? []
    found.set(address, vectors)
    vectors.push(Number(vector))
  }
  for (const vectors of found.values()) vectors.sort((a, b) => a - b)
  return found
}
