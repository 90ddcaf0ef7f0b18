/**
 * The host's one table of interrupts, for all functions of a watch together: the kernel makes all of it anew for every
 * read, so it is read once a tick, and its text once for everybody who looks for a guest's vectors in that tick.
 */
import type { CounterReader } from '../../kernel/counters.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { mayPostInterrupts } from './posted-interrupts.ts'
import { ifReadable, readText } from '../small-files.ts'
import { areSame } from './same.ts'

/** Action names of one function: a column. The same array for as long as they are the same. */
export type InterruptNames = readonly string[]

export class HostInterrupts {
  readonly #kernel: Kernel
  #reader: CounterReader | undefined
  #columns: readonly InterruptNames[] = []
  #vectors: Promise<ReadonlyMap<string, readonly number[]>> | undefined
  #mayPost: Promise<boolean> | undefined

  constructor(kernel: Kernel) {
    this.#kernel = kernel
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
  async read(columns: readonly InterruptNames[]): Promise<readonly Float64Array[]> {
    if (!areSame(columns, this.#columns)) await this.#open(columns)
    await this.#reader?.read()
    const values = this.#reader?.values ?? new Float64Array(0)
    let end = 0
    return columns.map(({ length }) => values.subarray(end, (end += length)))
  }

  async close(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    this.#columns = []
    await reader?.close()
  }

  async #open(columns: readonly InterruptNames[]): Promise<void> {
    await this.close()
    const wanted = columns.filter(({ length }) => length > 0)
    const sources = wanted.map((names) => ({ kind: 'interrupts', names }) as const)
    this.#reader =
      sources.length === 0 ? undefined : await this.#kernel.openCounters(sources)
    this.#columns = columns
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
