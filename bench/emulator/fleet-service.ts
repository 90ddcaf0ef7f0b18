/** The compiled service with a fleet, as a process of its own, watched from outside: /proc, and the database that it writes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'

const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js')

export type Service = {
  readonly port: number
  /** Of its `Authorization: Bearer`. */
  readonly token: string
  readonly sinceStartS: () => number
  /** Resolves when so many hosts have been stored since the start. */
  readonly stored: (hosts: number) => Promise<void>
  readonly cpuS: () => number
  /** Of the thread that scans, and serves: about what the start would take on a machine that does nothing else. */
  readonly mainThreadCpuS: () => number
  /** Since it was asked the last time. */
  readonly eventLoopP99Ms: () => Promise<number>
  readonly residentMiB: () => number
  readonly mostResidentMiB: () => number
  readonly rows: () => Readonly<Record<string, number>>
  readonly journals: () => number
  readonly stop: () => Promise<void>
}

export type ServiceOptions = { readonly fleet: string; readonly data: string }

/** Resolves when it listens. */
export async function startService({ fleet, data }: ServiceOptions): Promise<Service> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: npm run build`)
  const startedAt = new Date().toISOString()
  const started = performance.now()
  const child = spawn(process.execPath, [...flags(), MAIN], {
    env: {
      PATH: process.env['PATH'],
      NVIRT_FLEET: fleet,
      NVIRT_DATA: data,
      NVIRT_LISTEN: '127.0.0.1:0',
      NVIRT_LOG: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const lines = createInterface(child.stdout)
  const [address] = (await Promise.race([once(lines, 'line'), failed(exited)])) as string[]
  const db = new Database(path.join(data, 'nvirt.db'), { readonly: true })
  const count = (sql: string, ...values: string[]) =>
    (db.prepare(sql).get(...values) as { n: number }).n
  const scanned = `SELECT count(*) AS "n" FROM "Host" WHERE "observedAt" >= ?`
  const port = Number(/:(\d+)\/$/.exec(address ?? '')?.[1])
  const token = readFileSync(path.join(data, 'token'), 'utf8').trim()
  return {
    port,
    token,
    eventLoopP99Ms: async () => {
      const headers = { authorization: `Bearer ${token}` }
      const text = await (
        await fetch(`http://127.0.0.1:${port}/metrics`, { headers })
      ).text()
      return 1000 * Number(/^nodejs_eventloop_lag_p99_seconds (.+)$/m.exec(text)?.[1])
    },
    sinceStartS: () => (performance.now() - started) / 1000,
    stored: async (hosts) => {
      while (count(scanned, startedAt) < hosts) {
        if (child.exitCode !== null) throw new Error('the service has ended')
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    cpuS: () => cpuSeconds(`/proc/${child.pid}/stat`),
    mainThreadCpuS: () => cpuSeconds(`/proc/${child.pid}/task/${child.pid}/stat`),
    residentMiB: () => memoryMiB(child.pid, 'VmRSS'),
    mostResidentMiB: () => memoryMiB(child.pid, 'VmHWM'),
    rows: () =>
      Object.fromEntries(
        ['Host', 'Controller', 'VirtualFunction', 'Namespace', 'Event'].map((table) => [
          table,
          count(`SELECT count(*) AS "n" FROM "${table}"`),
        ])
      ),
    journals: () =>
      readdirSync(path.join(data, 'machines')).filter((name) => name.endsWith('.jsonl'))
        .length,
    stop: async () => {
      db.close()
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** For Node: as `--cpu-prof`. */
function flags(): readonly string[] {
  return (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '')
}

async function failed(exited: Promise<unknown>): Promise<never> {
  await exited
  throw new Error('the service ended before it listened')
}

function memoryMiB(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024
}

/** User and system time. Source: proc_pid_stat(5), fields 14 and 15, in ticks of 10 ms. */
function cpuSeconds(file: string): number {
  const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
