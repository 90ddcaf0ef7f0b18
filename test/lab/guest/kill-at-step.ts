/** Kills the service while a step of an operation runs. */
import { Agent, get } from 'node:http'
import { signal } from './processes.ts'
import type { KillAtStep, KilledAtStep } from './protocol.ts'

type Operation = { readonly state: string; readonly steps: KilledAtStep['steps'] }

export async function killAtStep(kill: KillAtStep): Promise<KilledAtStep> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const until = Date.now() + kill.timeoutMs
  let steps: KilledAtStep['steps'] = []
  while (Date.now() < until) {
    const operation = await read(kill, agent)
    steps = operation.steps
    if (steps.some((step) => step.name === kill.step && step.state === 'running')) {
      signal(kill.name, 'SIGKILL')
      return { killed: true, steps }
    }
    if (['succeeded', 'undone', 'stuck'].includes(operation.state)) break
  }
  agent.destroy()
  return { killed: false, steps }
}

function read(kill: KillAtStep, agent: Agent): Promise<Operation> {
  return new Promise((resolve, reject) => {
    get(kill.operationUrl, { headers: kill.headers, agent }, (response) => {
      let body = ''
      response.on('data', (part: Buffer) => (body += part.toString()))
      response.on('end', () => resolve(JSON.parse(body) as Operation))
    }).on('error', reject)
  })
}
