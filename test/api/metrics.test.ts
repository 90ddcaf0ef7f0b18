import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import request from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { eventually } from '../support/eventually.ts'
import { emulatedService, type EmulatedService } from './emulated-service.ts'
import { metricOf, parseExposition, type Exposition } from './exposition.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const TOKEN = 'a-token-of-this-test-which-is-long-enough'

let service: EmulatedService
let of: Exposition

async function scraped(): Promise<Exposition> {
  const answer = await request(service.server.server)
    .get('/metrics')
    .set('authorization', `Bearer ${TOKEN}`)
  expect(answer.status).toBe(200)
  expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
  return parseExposition(answer.text)
}

beforeAll(async () => {
  service = await emulatedService({
    token: TOKEN,
    metricsOf: 'queues',
    fleetPeriodMs: 1000,
  })
  await service.api.ok('listControllers')
  await service.api.no('getController', { path: { id: 'nobody' } }, 404, 'not-found')
  of = await eventually('a queue is read', async () => {
    const now = await scraped()
    return now.samples.some(({ name }) => name === 'nvirt_queue_in_flight')
      ? now
      : undefined
  })
})
afterAll(() => service.stop())

const valuesOf = (name: string) => of.samples.filter((sample) => sample.name === name)

test('without the token there are no metrics', async () => {
  const answer = await request(service.server.server).get('/metrics')

  expect([answer.status, answer.headers['content-type']]).toEqual([
    401,
    'application/problem+json; charset=utf-8',
  ])
})

test('every sample is of a metric that says its type and what it is, and comes once', () => {
  const unknown = of.samples.filter((sample) => {
    const metric = metricOf(sample, of.types)
    return !of.types.has(metric) || (of.helps.get(metric) ?? '') === ''
  })
  const keys = of.samples.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`)

  expect(of.samples.length).toBeGreaterThan(50)
  expect(unknown).toEqual([])
  expect(new Set(keys).size).toBe(keys.length)
})

test('requests are counted by route and not by what was asked for', () => {
  const counts = valuesOf('nvirt_http_request_duration_seconds_count').map(
    ({ labels }) => labels
  )

  expect(counts).toContainEqual({ method: 'GET', route: '/v1/controllers', status: '200' })
  expect(counts).toContainEqual({
    method: 'GET',
    route: '/v1/controllers/:id',
    status: '404',
  })
})

test('the service tells of its hosts, its event loop and its history', () => {
  expect(valuesOf('nvirt_hosts')).toEqual([
    { name: 'nvirt_hosts', labels: { reach: 'reachable' }, value: 1 },
  ])
  expect(valuesOf('nodejs_eventloop_lag_seconds').length).toBe(1)
  expect(valuesOf('nvirt_history_memory_bytes')[0]?.value).toBeGreaterThan(0)
  expect(valuesOf('nvirt_operations_ended_total').length).toBe(3)
})

test('functions and queues have their labels, and no sample where nothing was observed', () => {
  const functions = valuesOf('nvirt_function_in_flight')
  const queues = valuesOf('nvirt_queue_in_flight')

  expect(Object.keys(functions[0]?.labels ?? {})).toEqual(['host', 'function', 'kind'])
  expect(Object.keys(queues[0]?.labels ?? {})).toEqual(['host', 'function', 'kind', 'qid'])
  const numbers = [...functions, ...queues].map(({ value }) => value)
  expect(numbers.filter((value) => Number.isNaN(value))).toEqual([])
})

test('by default only the service has series', async () => {
  const plain = await emulatedService({ fleetPeriodMs: 1000 })
  const answer = await request(plain.server.server).get('/metrics')
  await plain.stop()

  expect(answer.text).not.toMatch(/nvirt_(function|queue)_/)
  expect(answer.text).toMatch(/^nvirt_telemetry_subscribers 0$/m)
})

test('the dashboard asks only for metrics that there are', () => {
  const dashboard = JSON.parse(
    readFileSync(path.join(ROOT, 'monitoring/grafana/dashboards/nvirt.json'), 'utf8')
  ) as {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[]
    readonly templating: {
      readonly list: readonly { readonly query: { readonly query: string } }[]
    }
  }
  const asked = [
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...dashboard.templating.list.map(({ query }) => query.query),
  ]
  const names = asked.flatMap((expr) => expr.match(/\b(?:nvirt|nodejs|process)_\w+/g) ?? [])
  const there = new Set([...of.types.keys(), ...of.samples.map(({ name }) => name)])

  expect(asked.length).toBeGreaterThan(10)
  expect(asked.filter((expr) => !/\b(nvirt|nodejs|process)_\w+/.test(expr))).toEqual([])
  expect([...new Set(names)].filter((name) => !there.has(name))).toEqual([])
})

test('compose gives Prometheus and Grafana files that there are, and the host that is scraped', () => {
  const compose = parse(readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8')) as {
    readonly services: Readonly<
      Record<
        string,
        {
          readonly volumes: readonly string[]
          readonly environment?: Readonly<Record<string, string>>
        }
      >
    >
  }
  const scrape = parse(
    readFileSync(path.join(ROOT, 'monitoring/prometheus.yml'), 'utf8')
  ) as {
    readonly scrape_configs: readonly {
      readonly metrics_path: string
      readonly static_configs: readonly { readonly targets: readonly string[] }[]
    }[]
  }
  const mounted = Object.values(compose.services)
    .flatMap(({ volumes }) => volumes)
    .map((volume) => volume.split(':')[0] ?? '')
    .filter((source) => source.startsWith('./'))
  const [job] = scrape.scrape_configs
  const [host = '', port] = job?.static_configs[0]?.targets[0]?.split(':') ?? []

  expect(mounted.length).toBe(3)
  for (const source of mounted) expect(() => expectThere(source)).not.toThrow()
  expect([job?.metrics_path, port]).toEqual(['/metrics', '8420'])
  expect(compose.services[host]?.environment).toMatchObject({ NVIRT_ALLOWED_HOSTS: host })
})

function expectThere(source: string): void {
  statSync(path.join(ROOT, source))
}
