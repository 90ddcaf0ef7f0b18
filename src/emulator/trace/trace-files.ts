/**
 * /sys/kernel/tracing, as far as histograms of NVMe commands go. A hist file lists what its tallies counted; triggers that
 * have none are listed without entries. Source: Linux kernel/trace/trace_events_hist.c, hist_trigger_show.
 */
import type { EmulatedLinux } from '../linux.ts'
import { directory, folder } from '../sysfs/node.ts'
import type { Directory, File } from '../sysfs/node.ts'
import { histTriggerText } from './hist-trigger.ts'
import type { Tally } from './tally.ts'
import { NVME_EVENTS } from './tracefs.ts'
import type { ArmedTrigger } from './tracefs.ts'

export function tracingDirectory(linux: EmulatedLinux): Directory {
  const events = (group: string, names: Iterable<string>) =>
    Object.fromEntries(
      Array.from(names, (name) => [name, eventDirectory(linux, `${group}/${name}`)])
    )
  return folder({
    synthetic_events: syntheticEvents(linux),
    events: folder({
      nvme: folder(events('nvme', NVME_EVENTS)),
      synthetic: directory(() => events('synthetic', linux.tracefs.syntheticEvents.keys())),
    }),
  })
}

function syntheticEvents(linux: EmulatedLinux): File {
  return {
    kind: 'file',
    read: () =>
      Array.from(
        linux.tracefs.syntheticEvents,
        ([name, fields]) => `${name}\t${fields}\n`
      ).join(''),
    write: (text) => linux.tracefs.storeSynthetic(text),
  }
}

const NO_TRIGGERS = `# Available triggers:
# traceon traceoff snapshot stacktrace enable_event disable_event enable_hist disable_hist hist
`

function eventDirectory(linux: EmulatedLinux, event: string): Directory {
  const armed = () => linux.tracefs.triggersOf(event)
  const lines = () => armed().map((one) => `${histTriggerText(one)}\n`)
  const trigger: File = {
    kind: 'file',
    read: () => lines().join('') || NO_TRIGGERS,
    write: (text) => linux.tracefs.storeTrigger(linux, event, text),
  }
  const hist: File = {
    kind: 'file',
    read: () =>
      armed()
        .map((one) => histogramText(linux, one))
        .join('\n\n'),
  }
  return folder({ trigger, hist })
}

function histogramText(linux: EmulatedLinux, trigger: ArmedTrigger): string {
  const { tally, keys } = trigger
  tally?.catchUp(linux, linux.uptimeMs())
  const entries = tally ? entriesOf(tally, keys.split(',')) : []
  const hits = entries.reduce((sum, { count }) => sum + count, 0)
  return [
    '# event histogram\n#',
    `# trigger info: ${histTriggerText(trigger)}\n#\n`,
    ...entries
      .toSorted((a, b) => a.count - b.count)
      .map(({ key, count }) => `{ ${key} } hitcount: ${pad(count)}`),
    `\nTotals:\n    Hits: ${hits}\n    Entries: ${entries.length}\n    Dropped: 0\n`,
  ].join('\n')
}

type Entry = { readonly key: string; readonly count: number }

function entriesOf(tally: Tally, [controller, queue, value]: readonly string[]) {
  return tally.controllers.flatMap(({ instance, queues, admin }) => {
    const keyOf = (qid: number) => `${controller}: ${pad(instance)}, ${queue}: ${pad(qid)}`
    const entries: Entry[] = value === undefined ? [{ key: keyOf(0), count: admin }] : []
    for (let q = 0; q < queues; q++)
      tally.queue(instance, q)?.forEach((count, power) => {
        const third = value === undefined ? '' : `, ${powerText(value, power)}`
        entries.push({ key: keyOf(q + 1) + third, count })
      })
    return entries.filter(({ count }) => count > 0)
  })
}

function powerText(value: string, power: number): string {
  return `${value.replace('.log2', '')}: ~ 2^${String(power).padEnd(2)}`
}

function pad(number: number): string {
  return String(number).padStart(10)
}
