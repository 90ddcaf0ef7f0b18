/**
 * What a trace histogram has counted since it was armed, from the meters of the controllers that nvme has had since then.
 * The kernel knows them by number: one that goes and another that gets its number are counted together.
 */
import type { EmulatedLinux } from '../linux.ts'
import { POWERS } from '../load/latency-spread.ts'
import type { LoadMeter } from '../load/load-meter.ts'
import type { HostController } from '../nvme-driver/host-controller.ts'

export type Counted = 'commands' | 'latencies'

type Row = {
  controller: HostController
  meter: LoadMeter
  /** Completions of each queue that have been looked at; of the admin queue. */
  seen: Float64Array
  adminSeen: number
  seenAtMs: number
  /** `width` numbers for each I/O queue. */
  counts: Float64Array
  admin: number
}

export class Tally {
  /** Numbers for each queue. */
  readonly width: number
  readonly #counted: Counted
  readonly #rows = new Map<number, Row>()

  constructor(counted: Counted, linux: EmulatedLinux) {
    this.#counted = counted
    this.width = counted === 'commands' ? 1 : POWERS
    const now = linux.uptimeMs()
    for (const [instance, controller] of linux.controllers) {
      const row = this.#begun(controller, now)
      row.seen.forEach((_, q) => (row.seen[q] = row.meter.completions(q, now)))
      row.adminSeen = controller.admin
      this.#rows.set(instance, row)
    }
  }

  /** To be called before a controller goes, and before it has other queues. @param now ms of uptime */
  catchUp(linux: EmulatedLinux, now: number): void {
    for (const row of this.#rows.values()) this.#add(row, now)
    for (const [instance, controller] of linux.controllers) {
      const row = this.#rows.get(instance)
      if (row?.controller === controller && row.meter === controller.meter) continue
      const next = this.#begun(controller, now, row)
      this.#rows.set(instance, next)
      this.#add(next, now)
    }
  }

  /** Of one I/O queue, 0-based, `width` numbers. undefined: nothing was counted */
  queue(instance: number, q: number): Float64Array | undefined {
    const counts = this.#rows.get(instance)?.counts
    if (!counts || (q + 1) * this.width > counts.length) return undefined
    return counts.subarray(q * this.width, (q + 1) * this.width)
  }

  /** By number: I/O queues, and what was counted on the admin queue. */
  get controllers(): readonly {
    readonly instance: number
    readonly queues: number
    readonly admin: number
  }[] {
    return [...this.#rows].map(([instance, { counts, admin }]) => {
      return { instance, queues: counts.length / this.width, admin }
    })
  }

  #begun(controller: HostController, now: number, before?: Row): Row {
    const { meter } = controller
    const isSame = before?.controller === controller
    const counts = new Float64Array(
      Math.max(meter.queues * this.width, before?.counts.length ?? 0)
    )
    if (before) counts.set(before.counts)
    return {
      controller,
      meter,
      seen: new Float64Array(meter.queues),
      adminSeen: isSame ? before.adminSeen : 0,
      seenAtMs: before?.seenAtMs ?? now,
      counts,
      admin: before?.admin ?? 0,
    }
  }

  #add(row: Row, now: number): void {
    const { meter, seen, counts } = row
    for (let q = 0; q < seen.length; q++) {
      const completed = meter.completions(q, now)
      const more = completed - seen[q]! // below its length
      if (more === 0) continue
      if (this.#counted === 'commands') counts[q]! += more
      else meter.addLatencies(q, more, row.seenAtMs, now, counts, q * POWERS)
      seen[q] = completed
    }
    row.admin += row.controller.admin - row.adminSeen
    row.adminSeen = row.controller.admin
    row.seenAtMs = now
  }
}
