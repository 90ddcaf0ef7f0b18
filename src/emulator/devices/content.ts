/**
 * What is written on a namespace: the blocks that are not all zeroes, and nothing for the rest. Bounded, since a machine
 * keeps it in memory and its journal: nobody here has a terabyte to write, only patterns to be found again.
 */
const UNIT = 512

/** 16 MiB of each namespace. */
const MOST_UNITS = 32_768

export class NamespaceContent {
  readonly #units = new Map<number, Uint8Array>()

  /** @param offset bytes, a multiple of 512 as `length` */
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += UNIT) {
      const unit = this.#units.get((offset + at) / UNIT)
      if (unit) bytes.set(unit, at)
    }
    return bytes
  }

  /** @returns false: there is no room for so much, and nothing was written */
  write(offset: number, bytes: Uint8Array): boolean {
    if (this.#units.size + bytes.length / UNIT > MOST_UNITS) return false
    for (let at = 0; at < bytes.length; at += UNIT) {
      const unit = bytes.slice(at, at + UNIT)
      const number = (offset + at) / UNIT
      if (unit.every((byte) => byte === 0)) this.#units.delete(number)
      else this.#units.set(number, unit)
    }
    return true
  }

  writeZeroes(offset: number, length: number): void {
    const [first, end] = [offset / UNIT, (offset + length) / UNIT]
    for (const number of this.#units.keys())
      if (number >= first && number < end) this.#units.delete(number)
  }

  erase(): void {
    this.#units.clear()
  }
}
