/** Prometheus' own exporter as a peer: a scrape of its disk statistics, over loopback as Prometheus makes it. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'

const PROGRAM = 'prometheus-node-exporter'

/** It begins to listen within this. */
const READY_WITHIN_MS = 10_000
const TRY_EACH_MS = 50

export type NodeExporter = {
  /** ns of its CPU for each number of a scrape, over so many of them. */
  readonly nsPerNumber: (scrapes: number) => Promise<number>
  readonly end: () => void
}

/** @throws Error when it is not installed (Debian: apt install prometheus-node-exporter) */
export async function nodeExporter(): Promise<NodeExporter> {
  const port = await freePort()
  const child = spawn(
    PROGRAM,
    [
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.disable-exporter-metrics',
      '--collector.disable-defaults',
      '--collector.diskstats',
      '--collector.diskstats.ignored-devices=^$',
    ],
    { stdio: 'ignore' }
  )
  const missing = new Promise<never>((_, reject) =>
    child.once('error', (cause) =>
      reject(
        new Error(`${PROGRAM} does not start (Debian: apt install ${PROGRAM})`, { cause })
      )
    )
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const scrape = () => textOf(agent, port)
  const numbers = await Promise.race([missing, whenReady(scrape)]).catch(
    (error: unknown) => {
      child.kill('SIGKILL')
      throw error
    }
  )
  return {
    nsPerNumber: async (scrapes) => {
      const before = cpuNs(child.pid)
      for (let n = 0; n < scrapes; n++) await scrape()
      return (cpuNs(child.pid) - before) / scrapes / numbers
    },
    end: () => {
      agent.destroy()
      child.kill('SIGKILL')
    },
  }
}

/** @returns how many numbers a scrape has */
async function whenReady(scrape: () => Promise<string>): Promise<number> {
  const until = performance.now() + READY_WITHIN_MS
  for (;;) {
    try {
      const lines = (await scrape()).split('\n')
      return lines.filter((line) => line !== '' && !line.startsWith('#')).length
    } catch (cause) {
      if (performance.now() > until)
        throw new Error(`${PROGRAM} does not listen`, { cause })
      await new Promise((resolve) => setTimeout(resolve, TRY_EACH_MS))
    }
  }
}

function textOf(agent: Agent, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/metrics', agent },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (more: string) => (text += more))
        response.on('end', () => resolve(text))
      }
    )
    request.on('error', reject)
  })
}

/** Of all its threads. Source: Linux Documentation/scheduler/sched-stats.rst, /proc/<pid>/schedstat. */
function cpuNs(pid = 0): number {
  let sum = 0
  for (const thread of readdirSync(`/proc/${pid}/task`))
    sum += Number(
      readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]
    )
  return sum
}

/** One that the system has free: the exporter cannot be asked which it took. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo // it listens on an address
      server.close(() => resolve(port))
    })
  })
}
