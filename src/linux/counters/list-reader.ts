/**
 * One reader for what all functions of a watch have of a kind, so that the kernel may read what they have in common once a
 * tick. Kept for as long as the list has the very same things.
 */
import type { CounterReader, CounterSource } from '../../kernel/counters.ts'
import { counterLength } from '../../kernel/counters.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { areSame } from './same.ts'

export class ListReader<T> {
  readonly #kernel: Kernel
  readonly #sourcesOf: (thing: T) => readonly CounterSource[]
  #reader: CounterReader | undefined
  #things: readonly T[] = []
  #lengths: readonly number[] = []

  constructor(kernel: Kernel, sourcesOf: (thing: T) => readonly CounterSource[]) {
    this.#kernel = kernel
    this.#sourcesOf = sourcesOf
  }

  /** The numbers of each thing's sources, in the order of the things. They are filled anew by the next read. */
  async read(things: readonly T[]): Promise<readonly Float64Array[]> {
    if (!areSame(things, this.#things)) await this.#open(things)
    await this.#reader?.read()
    const values = this.#reader?.values ?? new Float64Array(0)
    let end = 0
    return this.#lengths.map((length) => values.subarray(end, (end += length)))
  }

  async close(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    this.#things = []
    await reader?.close()
  }

  async #open(things: readonly T[]): Promise<void> {
    await this.close() // its files may go with what it read
    const sources = things.map(this.#sourcesOf)
    const all = sources.flat()
    this.#lengths = sources.map(lengthOf)
    this.#reader = all.length === 0 ? undefined : await this.#kernel.openCounters(all)
    this.#things = things
  }
}

function lengthOf(sources: readonly CounterSource[]): number {
  return sources.reduce((sum, source) => sum + counterLength(source), 0)
}
