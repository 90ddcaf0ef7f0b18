/**
 * What a fleet of emulated hosts costs the service: its first start, with the inventory scanned and stored, a later one,
 * and its memory. The service is a process of its own, the compiled one; hosts are counted where they were stored.
 *
 *     npm run build && npx tsx bench/emulator/fleet-at-scale.bench.ts [--hosts 10000] [--vfs 64] [--enabled]
 *
 * Each line is one figure of one run, by the clock: there is no peer, and `goal` is what it may be at most for 10,000 hosts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { spreadOf } from '../support/verdict.ts'
import { rackOf } from './rack.ts'
import { startService, type Service } from './fleet-service.ts'

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '10000' },
    vfs: { type: 'string', default: '64' },
    /** VFs are enabled when the service first looks, so that each is a function of its own. */
    enabled: { type: 'boolean', default: false },
  },
})

const hosts = Number(values.hosts)
const vfs = Number(values.vfs)
const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-fleet-'))
const fleet = path.join(folder, 'fleet.json')
writeFileSync(fleet, JSON.stringify(rackOf(hosts, vfs, values.enabled)))
try {
  await measure('first start', 60)
  await measure('later start', 20)
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(which: string, atMostS: number): Promise<void> {
  const service = await startService({ fleet, data: path.join(folder, 'data') })
  try {
    tell(`${which}: listening`, service.sinceStartS(), 's')
    await service.stored(hosts)
    tell(`${which}: inventory scanned and stored`, service.sinceStartS(), 's', atMostS)
    tellOf(which, service)
  } finally {
    await service.stop()
  }
}

function tellOf(which: string, service: Service): void {
  tell(`${which}: processor time`, service.cpuS(), 's')
  tell(`${which}: processor time of the main thread`, service.mainThreadCpuS(), 's')
  tell(`${which}: resident memory`, service.residentMiB(), 'MiB', 1536)
  tell(`${which}: resident memory at its most`, service.mostResidentMiB(), 'MiB', 1536)
  for (const [table, rows] of Object.entries(service.rows()))
    tell(`${which}: rows of ${table}`, rows, 'rows')
  tell(`${which}: journals`, service.journals(), 'files')
}

function tell(figure: string, value: number, unit: string, atMost?: number): void {
  const params = { hosts, vfs, enabled: values.enabled }
  const goal = atMost === undefined ? {} : { goal: atMost, pass: value <= atMost }
  const line = { scenario: figure, params, unit, product: spreadOf([value]), ...goal }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
