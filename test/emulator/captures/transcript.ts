/** A shell's transcript: `$ command`, what it printed, `  -> rc=0 12ms`. What else is printed in between belongs to no command. */

export type Entry = {
  readonly line: number
  readonly command: string
  readonly output: readonly string[]
  readonly rc: number
}

export function entriesOf(text: string): readonly Entry[] {
  const lines = text.split('\n')
  return lines.flatMap((line, i) => {
    if (!line.startsWith('$ ')) return []
    const end = lines.findIndex((one, at) => at > i && one.startsWith('  -> rc='))
    const rc = Number(/rc=(\d+)/.exec(lines[end] ?? '')?.[1])
    return [{ line: i + 1, command: line.slice(2), output: lines.slice(i + 1, end), rc }]
  })
}

/**
 * What an output says, one fact a line, sorted: statuses and errnos of refusals, numbers of nvme-cli's tables in either
 * form, rows of its lists, and other lines as they are.
 */
export function factsOf(output: readonly string[]): readonly string[] {
  const text = output.join('\n')
  return [...secondaries(text), ...output.flatMap(factOf)].toSorted()
}

const PATTERNS: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/\(0x([0-9a-f]+)\)$/, ([, status = '']) => `status ${status}`],
  [/Modified \(NRM\):(0x)?([0-9a-f]+)$/, ([, , nrm = '']) => `resources ${nrm}`],
  [/-ns: Success/, () => 'done'],
  [/^\s*"?(v[qi][a-z]+)"?\s*: ?(\d+),?$/, ([, name, value]) => `${name} ${value}`],
  [/^num of ctrls present: (\d+)$/, ([, count]) => `controllers ${count}`],
  [/^\[ *(\d+)\]:(?:0x)?([0-9a-f]+)$/, ([, at, id]) => `row ${at} is ${id}`],
  [/write error: (.*)$/, ([, words = '']) => ERRNOS[words] ?? words],
]

/** What `echo` of bash says. */
const ERRNOS: Readonly<Record<string, string>> = {
  'Numerical result out of range': 'ERANGE',
  'Invalid argument': 'EINVAL',
  'Device or resource busy': 'EBUSY',
  'No such device': 'ENODEV',
}

/** Headings, braces and what else only dresses a table. */
const DRESS = [
  /^\s*"?(cntlid|portid|crt|num|secondary-controllers)"?\s*:/,
  /^\s*"[a-z-]+":\d+,?$/,
  /^NVME Identify|^Identify Secondary|NUMID|SCEntry|^\.+$|^\s*\[\d:\d\]/,
  /^\s*(SCID|PCID|SCS|VFN|NVQ|NVI)\s*:/,
  /^\s*[{}[\],]*$/,
]

function factOf(line: string): readonly string[] {
  for (const [pattern, fact] of PATTERNS) {
    const match = pattern.exec(line)
    if (match) return [fact(match)]
  }
  return DRESS.some((pattern) => pattern.test(line)) ? [] : [line.trimEnd()]
}

const ENTRY_FIELDS = [
  ['SCID', 'secondary-controller-identifier'],
  ['SCS', 'secondary-controller-state'],
  ['VFN', 'virtual-function-number'],
  ['NVQ', 'num-virtual-queues'],
  ['NVI', 'num-virtual-interrupts'],
] as const

/** Entries of a Secondary Controller List, from the table or the JSON. An entry that was cut off has fewer fields. */
function secondaries(text: string): readonly string[] {
  const entries = text.split(/SCEntry|\{\n\s*"secondary-controller-identifier"/).slice(1)
  const isJson = !text.includes('SCEntry')
  return entries.map((entry) => {
    const whole = isJson ? `"secondary-controller-identifier"${entry}` : entry
    return ENTRY_FIELDS.map(([short, long]) => {
      const row = new RegExp(`${short}\\s*:.*: 0x([0-9a-f]+)`).exec(whole)
      const field = new RegExp(`"${long}":(\\d+)`).exec(whole)
      return `${short} ${row ? parseInt(row[1] ?? '', 16) : (field?.[1] ?? '-')}`
    }).join(' ')
  })
}
