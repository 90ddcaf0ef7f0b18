/**
 * What the page's modules say to each other, for the type checker alone: nothing of this reaches the browser. Of the API
 * the types are those generated from openapi.yaml; the socket's frames are written down as any client would.
 */
import type { components } from '../../../test/client/schema.ts'

type Schemas = components['schemas']

export type Assignment = Schemas['Assignment']
export type Controller = Schemas['Controller']
export type Host = Schemas['Host']
export type Namespace = Schemas['Namespace']
export type Operation = Schemas['Operation']
export type Problem = Schemas['Problem']
export type VirtualFunction = Schemas['VirtualFunction']

export type Fleet = {
  readonly hosts: readonly Host[]
  readonly controllers: readonly Controller[]
  readonly virtualFunctions: readonly VirtualFunction[]
  readonly namespaces: readonly Namespace[]
  readonly assignments: readonly Assignment[]
}

/** Of an operation: a kernel call that does not come back. */
export type Blocked = {
  readonly call: string
  readonly since: string
  readonly holders?: readonly {
    readonly pid: number
    readonly command: string
    readonly holds: string
  }[]
}

/** Of an operation's error: the checks that failed. */
export type Refusals = {
  readonly refusals?: readonly {
    readonly device: string
    readonly reason: string
    readonly remedy: string
  }[]
}

export type DeviceMetric =
  | 'readCommandsPerSecond'
  | 'writeCommandsPerSecond'
  | 'readBytesPerSecond'
  | 'writeBytesPerSecond'
  | 'readLatencyMs'
  | 'writeLatencyMs'
  | 'inFlight'

export type QueueMetric = 'inFlight' | 'commandsPerSecond' | 'interruptsPerSecond'

export type Queues = {
  readonly qid: readonly number[]
  readonly cpus: readonly string[]
} & { readonly [metric in QueueMetric]: readonly (number | null)[] }

export type Numbers = {
  readonly device: { readonly [metric in DeviceMetric]: number | null }
  readonly queues: Queues
}

export type Frame = {
  readonly type: 'frame'
  readonly functionId: string
  readonly sequence: number
  readonly at: string
  readonly periodMs: number
} & (
  | ({ readonly observed: true } & Numbers)
  | { readonly observed: false; readonly why: string }
)

export type ServerMessage =
  | Frame
  | { readonly type: 'error'; readonly problem: Problem }
  | { readonly type: 'subscribed' | 'unsubscribed' | 'missed' }

export type ClientMessage = {
  readonly type: 'subscribe' | 'unsubscribe'
  readonly id: string
  readonly hostIds?: readonly string[]
  readonly periodMs?: number
}

/** A button of a card. */
export type Action = {
  readonly name: string
  readonly label: string
  readonly run: () => unknown
}

export type Badge = readonly [text: string, tone: string]

/** What a card says of its function. */
export type Shown = {
  readonly title: string
  readonly facts: readonly (string | null | undefined | false)[]
  readonly badges: readonly Badge[]
  readonly assignment: Assignment | undefined
  /** Why no numbers are to be expected. */
  readonly silent: string | null
}

export type Child = Node | string | null | undefined

export type Attributes = Readonly<
  Record<string, string | number | boolean | null | undefined | ((event: Event) => unknown)>
>

export type Field = {
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'password' | 'number' | 'checkbox'
  readonly required?: boolean
  readonly value?: number
  readonly min?: number
  readonly max?: number
}

export type Question = {
  readonly title: string
  readonly words: string
  readonly fields?: readonly Field[]
  /** Further elements. */
  readonly body?: readonly Child[]
  readonly submit: string
  /** While it fails the dialog stays, with the problem in it. */
  readonly run: (form: HTMLFormElement) => unknown
  readonly closable?: boolean
}
