/**
 * What the page's modules say to each other, for the type checker alone: nothing of this reaches the browser. Of the API
 * the types are those generated from openapi.yaml; the socket's frames are written down as any client would.
 */
import type { components } from '../../../test/client/schema.ts'

type Schemas = components['schemas']

export type Assignment = Schemas['Assignment']
export type Controller = Schemas['Controller']
export type Drift = Schemas['Drift']
export type Host = Schemas['Host']
export type Namespace = Schemas['Namespace']
export type Operation = Schemas['Operation']
export type Plan = Schemas['Plan']
export type Problem = Schemas['Problem']
export type PolicyRequest = Schemas['VirtualFunctionPolicyRequest']
export type Policy = Schemas['VirtualFunctionPolicy']
export type VirtualFunction = Schemas['VirtualFunction']

export type Fleet = {
  readonly hosts: readonly Host[]
  readonly controllers: readonly Controller[]
  readonly virtualFunctions: readonly VirtualFunction[]
  readonly namespaces: readonly Namespace[]
  readonly assignments: readonly Assignment[]
  readonly policies: readonly Policy[]
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
  | { readonly observed: false; readonly why: string; readonly interrupts?: Relayed }
)

/** Interrupts that the host relays to a guest, by vector, which serves the queue of that id. */
export type Relayed =
  | {
      readonly observed: true
      readonly qid: readonly number[]
      readonly perSecond: readonly (number | null)[]
    }
  | { readonly observed: false; readonly why: string }

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
  readonly drift: readonly Drift[]
  /** State, what it means, what to do. */
  readonly standings: readonly (readonly [string, string, string])[]
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
  readonly value?: number | string | undefined
  readonly pattern?: string
  readonly min?: number
  readonly max?: number
}

/** What a dialog asks of the operator. */
export type Asked = {
  readonly title: string
  readonly words: string
  readonly fields?: readonly Field[]
  /** Further elements. */
  readonly body?: readonly Child[]
  readonly submit: string
}

export type Question = Asked & {
  /** While it fails the dialog stays, with the problem in it. */
  readonly run: (form: HTMLFormElement) => unknown
  /** Buttons that leave the dialog as it is. */
  readonly aside?: readonly {
    readonly label: string
    readonly run: (form: HTMLFormElement) => unknown
  }[]
  /** Elements after the problem. */
  readonly below?: readonly Child[]
  readonly closable?: boolean
}

/** What begins an operation, or has its plan shown. */
export type ChangeRequest = {
  readonly method: 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object
}

/** A check that a request may ask not to refuse. */
export type Acceptable = NonNullable<Schemas['AssignRequest']['accept']>[number]

export type ChangeQuestion = Asked & {
  /** For the names of what a plan reaches. */
  readonly fleet: Fleet
  /** Checks that may be accepted, where the request takes that: those are offered at once. */
  readonly offers?: readonly Acceptable[]
  readonly request: (
    form: HTMLFormElement,
    accepted: readonly Acceptable[]
  ) => ChangeRequest
}

/** As a plan, a problem and an operation's error tell it. */
export type Refusal = {
  readonly check: string
  readonly device: string | null
  readonly reason: string
  readonly remedy: string | null
  /** Of a plan: the step that would be refused. */
  readonly step?: string | null
}
