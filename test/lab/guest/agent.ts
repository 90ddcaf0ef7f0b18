/**
 * The guest's one process besides the kernel: does for the tests what nvirt's API does not (load, mounts, a process that
 * holds a VFIO group) and looks at the machine behind nvirt's back. Listens in the guest only, which is reachable
 * from loopback of the machine that runs the tests.
 */
import { createServer, type IncomingMessage } from 'node:http'
import { killAtStep } from './kill-at-step.ts'
import { look, write } from './look.ts'
import { endOf, run, signal, start } from './processes.ts'
import type { AgentRequest } from './protocol.ts'

const ADDRESS = '10.0.2.15'
const PORT = 8419

const server = createServer((request, response) => {
  void answer(request).then(
    (value) => response.end(JSON.stringify(value)),
    (error: unknown) => {
      response.statusCode = 500
      response.end(error instanceof Error ? (error.stack ?? error.message) : 'no reason')
    }
  )
})
server.requestTimeout = 0
server.listen(PORT, ADDRESS, () => console.log(`agent on ${ADDRESS}:${PORT}`))

async function answer(message: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  // Only the tests' own client speaks to the agent.
  return perform(JSON.parse(Buffer.concat(parts).toString()) as AgentRequest)
}

function perform(request: AgentRequest): unknown {
  switch (request.ask) {
    case 'run':
      return run(request)
    case 'start':
      return start(request)
    case 'signal':
      return signal(request.name, request.signal)
    case 'end':
      return endOf(request.name)
    case 'look':
      return look(request.at)
    case 'write':
      return write(request.path, request.text)
    case 'killAtStep':
      return killAtStep(request.kill)
  }
}
