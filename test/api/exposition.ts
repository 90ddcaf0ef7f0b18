/** Prometheus' text format 0.0.4, read strictly. Source: prometheus.io, "Exposition formats". */
export type Sample = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export type Exposition = {
  readonly samples: readonly Sample[]
  /** By name of the metric. */
  readonly types: ReadonlyMap<string, string>
  readonly helps: ReadonlyMap<string, string>
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`)
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y

/** @throws Error naming the line that is none */
export function parseExposition(text: string): Exposition {
  const samples: Sample[] = []
  const types = new Map<string, string>()
  const helps = new Map<string, string>()
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  for (const line of text.split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (word === 'HELP') once(helps, name, rest)
    else if (word === 'TYPE') once(types, name, rest)
    else if (line !== '' && !line.startsWith('#')) samples.push(sampleOf(line))
  }
  return { samples, types, helps }
}

/** The metric that a sample is of: a histogram's has a suffix. */
export function metricOf({ name }: Sample, types: Exposition['types']): string {
  const base = name.replace(/_(bucket|sum|count)$/, '')
  return types.has(name) ? name : base
}

function sampleOf(line: string): Sample {
  const [, name, labels = '', text = ''] = SAMPLE.exec(line) ?? []
  const special = { '+Inf': Infinity, '-Inf': -Infinity, Nan: NaN, NaN }
  const value = text in special ? special[text as keyof typeof special] : Number(text) // one of its keys
  if (name === undefined || (Number.isNaN(value) && !/^nan$/i.test(text))) {
    throw new Error(`no sample: ${line}`)
  }
  return { name, labels: labelsOf(labels, line), value }
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? []
    if (name === '' || name in labels) throw new Error(`no labels: ${line}`)
    labels[name] = value
  }
  return labels
}

function once(all: Map<string, string>, name: string, value: string): void {
  if (all.has(name)) throw new Error(`${name} is described twice`)
  all.set(name, value)
}
