/**
 * All that a tick reads of a host, for all functions of a watch: looks at them first, side by side, and then the counters of
 * all together, so that they are of one moment and what functions have in common is read once.
 */
import type { TracedController } from '../../kernel/counters.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { ifReadable } from '../small-files.ts'
import type { CounterPlan } from './counter-plan.ts'
import type { Counts, FunctionWatch } from './function-watch.ts'
import type { HostHistograms, Traced } from './host-histograms.ts'
import type { HostInterrupts } from './host-interrupts.ts'
import { ListReader } from './list-reader.ts'

/** Of one function. What a kernel refuses (an emulator that went away) has none. */
export type Outcome = Troubled | { readonly watch: FunctionWatch; readonly counts: Counts }

type Troubled = { readonly watch: FunctionWatch; readonly trouble: unknown }
type Planned = { readonly watch: FunctionWatch; readonly plan: CounterPlan }
type Look = Planned | Troubled

const NO_NUMBERS = new Float64Array(0)

export class HostReading {
  readonly #counters: ListReader<CounterPlan>
  readonly #interrupts: HostInterrupts
  readonly #histograms: HostHistograms | undefined

  constructor(
    kernel: Kernel,
    interrupts: HostInterrupts,
    histograms: HostHistograms | undefined
  ) {
    this.#counters = new ListReader(kernel, ({ sources }) => sources)
    this.#interrupts = interrupts
    this.#histograms = histograms
  }

  /** What goes wrong with one function keeps no other from its counts. Never rejects. */
  async read(watches: readonly FunctionWatch[]): Promise<readonly Outcome[]> {
    this.#interrupts.beginTick()
    const looks = await all(watches.map((watch) => looked(watch, watch.plan)))
    try {
      return await this.#counted(looks)
    } catch (trouble) {
      return looks.map((look) => ('plan' in look ? { watch: look.watch, trouble } : look))
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#counters.close(), this.#interrupts.close()])
    await this.#histograms?.close()
  }

  async #counted(looks: readonly Look[]): Promise<readonly Outcome[]> {
    const planned = looks.filter((look) => 'plan' in look)
    const values = await this.#values(planned)
    const vanished = new Set(
      planned.filter(({ watch }, n) => !watch.accepts(values[n] ?? NO_NUMBERS))
    )
    if (vanished.size === 0) return this.#withHostTables(looks, values)
    const again = await all(
      looks.map(async (look) =>
        'plan' in look && vanished.has(look)
          ? looked(look.watch, look.watch.planAnew)
          : look
      )
    )
    const now = await this.#values(again.filter((look) => 'plan' in look))
    return this.#withHostTables(again, now)
  }

  async #values(planned: readonly Planned[]): Promise<readonly Float64Array[]> {
    return this.#counters.read(planned.map(({ plan }) => plan))
  }

  async #withHostTables(
    looks: readonly Look[],
    values: readonly Float64Array[]
  ): Promise<readonly Outcome[]> {
    const planned = looks.filter((look) => 'plan' in look)
    const columns = await this.#interrupts.read(planned.map(({ plan }) => plan.interrupts))
    const traced = await this.#tracedOf(
      planned.map(({ plan }) => (plan.observed ? plan.traced : null))
    )
    const counted = planned.map(({ watch }, n) => {
      const [own, interrupts] = [values[n] ?? NO_NUMBERS, columns[n] ?? NO_NUMBERS]
      return { watch, counts: { values: own, interrupts, traced: traced[n] } }
    })
    return [...looks.filter((look) => 'trouble' in look), ...counted]
  }

  /** One for each asked for; null is not. */
  async #tracedOf(
    asked: readonly (TracedController | null)[]
  ): Promise<readonly (Traced | undefined)[]> {
    if (!this.#histograms) return []
    const controllers = asked.filter((one) => one !== null)
    const found = (await this.#histograms.read(controllers)).values()
    return asked.map((one) => (one === null ? undefined : found.next().value))
  }
}

async function looked(
  watch: FunctionWatch,
  plan: () => Promise<CounterPlan>
): Promise<Look | undefined> {
  try {
    const found = await ifReadable(plan())
    return found === null ? undefined : { watch, plan: found }
  } catch (trouble) {
    return { watch, trouble }
  }
}

async function all(looks: readonly Promise<Look | undefined>[]): Promise<readonly Look[]> {
  return (await Promise.all(looks)).filter((look) => look !== undefined)
}
