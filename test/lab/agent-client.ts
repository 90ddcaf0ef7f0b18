/** The tests' end of the agent in the guest. */
import type { AgentAnswer, AgentRequest, Ran } from './guest/protocol.ts'

export type AgentClient = {
  readonly ask: <R extends AgentRequest>(request: R) => Promise<AgentAnswer<R>>
  /** Whether the agent answers by now. */
  readonly isThere: () => Promise<boolean>
  /** Runs a command, and gives its output. @throws unless it exits with 0 */
  readonly run: (...command: readonly string[]) => Promise<string>
  /** Runs a line of shell; otherwise as `run`. */
  readonly shell: (line: string) => Promise<string>
  /** Text of a file without the newline at its end. @throws naming the errno */
  readonly text: (path: string) => Promise<string>
}

const RUN_LIMIT_MS = 60_000
const PROBE_LIMIT_MS = 500
const NO_GLANCE = JSON.stringify({ ask: 'look', at: [] } satisfies AgentRequest)

export function agentClient(port: number): AgentClient {
  const url = `http://127.0.0.1:${port}/`

  async function ask<R extends AgentRequest>(request: R): Promise<AgentAnswer<R>> {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(request),
    })
    const body = await response.text()
    if (!response.ok) throw new Error(`the agent could not ${request.ask}: ${body}`)
    // Both ends are compiled from guest/protocol.ts.
    return JSON.parse(body) as AgentAnswer<R>
  }

  /** QEMU repeats a connection that the guest missed after 6 s, and then 12 s: a new one is sooner through. */
  async function isThere(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(PROBE_LIMIT_MS)
      return (await fetch(url, { method: 'POST', body: NO_GLANCE, signal })).ok
    } catch {
      return false
    }
  }

  async function run(...command: readonly string[]): Promise<string> {
    const ran: Ran = await ask({ ask: 'run', command, timeoutMs: RUN_LIMIT_MS })
    if (ran.status === 0) return ran.stdout
    throw new Error(
      `${command.join(' ')}: status ${ran.status}\n${ran.stdout}${ran.stderr}`
    )
  }

  async function text(path: string): Promise<string> {
    const [seen] = await ask({ ask: 'look', at: [{ text: path }] })
    if (seen !== undefined && 'text' in seen) return seen.text.trimEnd()
    throw new Error(`${path}: ${JSON.stringify(seen)}`)
  }

  return { ask, isThere, run, shell: (line) => run('bash', '-c', line), text }
}
