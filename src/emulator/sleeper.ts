/** A machine on demand and who uses it: it is switched on for the first, and stays while there is one. */
import type { Uevent } from '../kernel/kernel.ts'
import type { AwakeMachines } from './awake-machines.ts'
import type { EmulatedMachine } from './machine.ts'

export class Sleeper {
  readonly #powerOn: () => Promise<EmulatedMachine>
  readonly #awake: AwakeMachines
  readonly #listeners = new Set<(uevent: Uevent) => void>()
  #machine: EmulatedMachine | undefined
  #waking: Promise<EmulatedMachine> | undefined
  #closing: Promise<void> = Promise.resolve()
  /** Calls under way and counters that are open. */
  #uses = 0

  constructor(powerOn: () => Promise<EmulatedMachine>, awake: AwakeMachines) {
    this.#powerOn = powerOn
    this.#awake = awake
  }

  /** While `work` runs the machine stays. */
  async use<T>(work: (machine: EmulatedMachine) => T | Promise<T>): Promise<T> {
    this.#uses++
    try {
      return await work(this.#machine ?? (await this.#wake()))
    } finally {
      this.#uses--
    }
  }

  /** Until the returned function is called. */
  keep(): () => void {
    this.#uses++
    let kept = true
    return () => {
      if (kept) this.#uses--
      kept = false
    }
  }

  isAwake(): boolean {
    return this.#machine !== undefined
  }

  /** false: it is needed, or would forget something. */
  letGo(): boolean {
    const machine = this.#machine
    if (!machine) return true
    if (this.#uses > 0 || !machine.isQuiet()) return false
    void this.close()
    return true
  }

  listen(listener: (uevent: Uevent) => void): () => void {
    const own = (uevent: Uevent) => listener(uevent)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  stopListening(): void {
    this.#listeners.clear()
  }

  /** The next use makes it anew, once this one's journal is closed. */
  close(): Promise<void> {
    const machine = this.#machine
    this.#machine = undefined
    this.#waking = undefined
    if (machine) this.#closing = machine.close()
    return this.#closing
  }

  #wake(): Promise<EmulatedMachine> {
    this.#waking ??= this.#wakeUp().catch((cause: unknown) => {
      this.#waking = undefined
      throw cause
    })
    return this.#waking
  }

  async #wakeUp(): Promise<EmulatedMachine> {
    await this.#closing
    const machine = await this.#powerOn()
    await machine.kernel.watchUevents((uevent) =>
      this.#listeners.forEach((listener) => listener(uevent))
    )
    this.#machine = machine
    this.#awake.joined(this)
    return machine
  }
}
