/** What the tests ask of the agent in the guest: one JSON request, one JSON answer, over HTTP. */
export type AgentRequest =
  /** Runs a command to its end. */
  | {
      readonly ask: 'run'
      readonly command: readonly string[]
      readonly input?: string
      readonly timeoutMs: number
    }
  /** Starts a process that goes on; `name` is how it is spoken of, until it is started again. */
  | {
      readonly ask: 'start'
      readonly name: string
      readonly command: readonly string[]
      readonly environment?: Readonly<Record<string, string>>
      /** Takes its output, appended. */
      readonly log: string
    }
  /** Sends a signal to a started process. */
  | { readonly ask: 'signal'; readonly name: string; readonly signal: NodeJS.Signals }
  /** Answers when a started process has ended. */
  | { readonly ask: 'end'; readonly name: string }
  /** Each path's text, link target or directory; an errno where it cannot be had. */
  | { readonly ask: 'look'; readonly at: readonly Glance[] }
  /** One write(2), as `echo` would. */
  | { readonly ask: 'write'; readonly path: string; readonly text: string }
  | { readonly ask: 'killAtStep'; readonly kill: KillAtStep }

export type Glance =
  { readonly text: string } | { readonly link: string } | { readonly directory: string }

export type Seen =
  | { readonly text: string }
  | { readonly link: string }
  | { readonly directory: readonly string[] }
  | { readonly errno: string }

export type Ran = {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Ended = { readonly status: number | null; readonly signal: string | null }

/**
 * Watches an operation from inside the guest, where asking is quick, and kills the service with SIGKILL once the
 * step is running.
 */
export type KillAtStep = {
  /** The started process to kill. */
  readonly name: string
  readonly operationUrl: string
  readonly headers: Readonly<Record<string, string>>
  readonly step: string
  readonly timeoutMs: number
}

/** How the operation looked immediately before the kill. */
export type KilledAtStep = {
  readonly killed: boolean
  readonly steps: readonly { readonly name: string; readonly state: string }[]
}

export type AgentAnswers = {
  run: Ran
  start: { readonly pid: number }
  signal: { readonly sent: boolean }
  end: Ended
  look: readonly Seen[]
  write: { readonly errno: string | null }
  killAtStep: KilledAtStep
}

export type AgentAnswer<R extends AgentRequest> = AgentAnswers[R['ask']]
