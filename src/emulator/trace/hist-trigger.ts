/**
 * The text of a histogram trigger, as far as nvirt and its tests write them: keys, a name, a variable, `onmatch`, a size.
 * Source: Linux kernel/trace/trace_events_hist.c, parse_hist_trigger_attrs, event_hist_trigger_print.
 */
import { Refused } from '../refused.ts'

export type HistTrigger = {
  readonly name: string | undefined
  readonly keys: string
  /** `name=expression` of the variable that it sets. */
  readonly variable: string | undefined
  /** `onmatch(EVENT).SYNTHETIC(...)` */
  readonly action: string | undefined
  readonly size: number
}

/** Source: TRACING_MAP_BITS_DEFAULT, _MIN and _MAX. */
const SIZE = { byDefault: 2048, least: 128, most: 131_072 }

/** @param text after `hist:` */
export function parseHistTrigger(text: string): HistTrigger {
  const parts = text.split(':')
  const action = parts.find((part) => part.startsWith('onmatch('))
  const fields = new Map(parts.filter((part) => part !== action).map(asField))
  const keys = fields.get('keys')
  if (keys === undefined || keys === '') throw new Refused('EINVAL')
  const variable = [...fields].find(([name]) => !KNOWN.includes(name))
  return {
    name: fields.get('name'),
    keys,
    variable: variable?.join('='),
    action,
    size: sizeOf(fields.get('size')),
  }
}

const KNOWN: readonly string[] = ['name', 'keys', 'size']

function asField(part: string): readonly [string, string] {
  const [, name, value] = /^([a-z_]+)=(.+)$/.exec(part) ?? []
  if (name === undefined || value === undefined) throw new Refused('EINVAL')
  return [name, value]
}

function sizeOf(text: string | undefined): number {
  if (text === undefined) return SIZE.byDefault
  const size = 2 ** Math.ceil(Math.log2(Number(text)))
  if (size >= SIZE.least && size <= SIZE.most) return size
  throw new Refused('EINVAL')
}

/** Sizes do not tell triggers apart (hist_trigger_match). */
export function isSameTrigger(one: HistTrigger, other: HistTrigger): boolean {
  return (['name', 'keys', 'variable', 'action'] as const).every(
    (part) => one[part] === other[part]
  )
}

export function histTriggerText(trigger: HistTrigger): string {
  const { name, keys, variable, action, size } = trigger
  const parts = [
    ...(name === undefined ? [] : [`name=${name}`]),
    `keys=${keys}`,
    'vals=hitcount',
    ...(variable === undefined ? [] : [variable]),
    'sort=hitcount',
    `size=${size}`,
    ...(variable?.includes('common_timestamp') ? ['clock=global'] : []),
    ...(action === undefined ? [] : [action]),
  ]
  return `hist:${parts.join(':')} [active]`
}
