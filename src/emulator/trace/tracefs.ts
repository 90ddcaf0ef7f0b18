/**
 * The state behind /sys/kernel/tracing: synthetic events, and the histogram triggers of these and of nvme's events. It is the
 * kernel's, so a boot begins without any. Refusals and their order: Linux kernel/trace/trace_events_hist.c
 * (event_hist_trigger_parse, hist_register_trigger), trace_events_synth.c (__create_synth_event, synth_event_release).
 */
import type { EmulatedLinux } from '../linux.ts'
import { Refused } from '../refused.ts'
import { histTriggerText, isSameTrigger, parseHistTrigger } from './hist-trigger.ts'
import type { HistTrigger } from './hist-trigger.ts'
import { Tally } from './tally.ts'

export const NVME_EVENTS = ['nvme_setup_cmd', 'nvme_complete_rq', 'nvme_sq'] as const

export type ArmedTrigger = HistTrigger & {
  /** undefined: of what it counts the emulator keeps no account. */
  readonly tally: Tally | undefined
}

export class Tracefs {
  /** By name: `int a; u64 b`. */
  readonly #synthetic = new Map<string, string>()
  /** By event, `nvme/nvme_sq`. */
  readonly #triggers = new Map<string, ArmedTrigger[]>()

  get syntheticEvents(): ReadonlyMap<string, string> {
    return this.#synthetic
  }

  triggersOf(event: string): readonly ArmedTrigger[] {
    return this.#triggers.get(event) ?? []
  }

  /** @param text how the trigger begins, as its file prints it */
  tallyOf(event: string, text: string): Tally | undefined {
    return this.triggersOf(event).find((one) => histTriggerText(one).startsWith(text))
      ?.tally
  }

  /** Before nvme's controllers change. */
  catchUp(linux: EmulatedLinux): void {
    for (const { tally } of [...this.#triggers.values()].flat())
      tally?.catchUp(linux, linux.uptimeMs())
  }

  /** @param text `NAME FIELDS`, or `!NAME` */
  storeSynthetic(text: string): void {
    const [, remove, name, fields = ''] = /^(!?)(\w+)\s*(.*)$/.exec(text.trim()) ?? []
    if (name === undefined) throw new Refused('EINVAL')
    if (remove) return this.#removeSynthetic(name)
    if (this.#synthetic.has(name)) throw new Refused('EEXIST')
    if (!/^(\w+ \w+(; )?)+$/.test(fields)) throw new Refused('EINVAL')
    this.#synthetic.set(name, fields)
  }

  /** @param text `hist:...`, or `!hist:...` */
  storeTrigger(linux: EmulatedLinux, event: string, text: string): void {
    const [, remove, rest] = /^(!?)hist:(.*)$/.exec(text.trim()) ?? []
    if (rest === undefined) throw new Refused('EINVAL')
    const trigger = parseHistTrigger(rest)
    if (remove) this.#removeTrigger(event, trigger)
    else this.#addTrigger(linux, event, trigger)
  }

  #removeSynthetic(name: string): void {
    if (!this.#synthetic.has(name)) throw new Refused('ENOENT')
    const isUsed = this.triggersOf(`synthetic/${name}`).length > 0
    if (isUsed || this.#all().some((one) => targetOf(one) === name))
      throw new Refused('EBUSY')
    this.#synthetic.delete(name)
  }

  #removeTrigger(event: string, trigger: HistTrigger): void {
    const here = this.triggersOf(event)
    const found = here.find((one) => isSameTrigger(one, trigger))
    if (!found) return
    const variable = found.variable?.split('=')[0]
    const isUsed = this.#all().some((one) => one !== found && usesOf(one) === variable)
    if (variable !== undefined && isUsed) throw new Refused('EBUSY')
    this.#triggers.set(
      event,
      here.filter((one) => one !== found)
    )
  }

  #addTrigger(linux: EmulatedLinux, event: string, trigger: HistTrigger): void {
    const here = this.triggersOf(event)
    if (here.some((one) => one.keys === trigger.keys && one.name === trigger.name))
      throw new Refused('EEXIST')
    const [target, uses] = [targetOf(trigger), usesOf(trigger)]
    const isSet = this.#all().some((one) => one.variable?.split('=')[0] === uses)
    if (uses !== undefined && !isSet) throw new Refused('EINVAL')
    if (target !== undefined && !this.#synthetic.has(target)) throw new Refused('EINVAL')
    const tally = this.#tallyOf(linux, event, trigger)
    this.#triggers.set(event, [...here, { ...trigger, tally }])
  }

  #tallyOf(linux: EmulatedLinux, event: string, { keys }: HistTrigger): Tally | undefined {
    if (event === 'nvme/nvme_sq' && keys === 'ctrl_id,qid')
      return new Tally('commands', linux)
    const [group, name] = event.split('/')
    const isTold = this.#all().some((one) => targetOf(one) === name)
    if (group === 'synthetic' && isTold && /^\w+,\w+,\w+\.log2$/.test(keys))
      return new Tally('latencies', linux)
    return undefined
  }

  #all(): readonly ArmedTrigger[] {
    return [...this.#triggers.values()].flat()
  }
}

/** The synthetic event that a trigger tells. */
function targetOf({ action }: HistTrigger): string | undefined {
  return action === undefined ? undefined : /\)\.(\w+)\(/.exec(action)?.[1]
}

/** The variable of another trigger that it computes with. */
function usesOf({ variable }: HistTrigger): string | undefined {
  return variable === undefined ? undefined : /-\$(\w+)/.exec(variable)?.[1]
}
