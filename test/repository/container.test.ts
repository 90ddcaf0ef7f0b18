import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { CONFIGURATION, readConfiguration } from '../../src/config.ts'
import { jsonForm, parseDockerfile, type Instruction } from './dockerfile.ts'
import { apiPaths, clonedPaths, packageFile, read } from './documents.ts'

type Service = {
  readonly build: string
  readonly ports: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
}

const instructions = parseDockerfile(read('Dockerfile'))
const compose = parse(read('docker-compose.yml')) as {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, null>>
}
/** nvirt's own; the others are Prometheus and Grafana. */
const services = Object.entries(compose.services).filter(([, { build }]) => build)
const image = environmentOf(named('ENV'))
const port = (image['NVIRT_LISTEN'] ?? '').split(':').at(-1)

test('the image has a Node that package.json allows', () => {
  const [, minimum] = /^>=(\d+)\.\d+$/.exec(packageFile().engines.node) ?? []

  const bases = named('FROM').map((from) => from.words[0])
  expect(bases).toEqual([`node:${minimum}-bookworm-slim`, `node:${minimum}-bookworm-slim`])
})

test('the image copies only what a clone has or the build made', () => {
  const made = ['/nvirt/node_modules', '/nvirt/dist']
  const sources = named('COPY').flatMap((copy) =>
    copy.words.filter((word) => !word.startsWith('--from=')).slice(0, -1)
  )

  const cloned = clonedPaths()
  const unknown = sources.filter(
    (source) => !made.includes(source) && !cloned.has(source.replace('/nvirt/', ''))
  )
  expect(sources.length).toBeGreaterThan(5)
  expect(unknown).toEqual([])
})

test('the image runs scripts that exist, and starts as `npm start` does', () => {
  const { scripts } = packageFile()
  const called = named('RUN')
    .flatMap((run) => [...run.words.join(' ').matchAll(/npm run ([\w:]+)/g)])
    .map((match) => match[1] ?? '')

  expect(called).toEqual(['db:generate', 'build'])
  expect(called.filter((name) => !(name in scripts))).toEqual([])
  expect(named('CMD').map(jsonForm).at(-1)?.join(' ')).toBe(scripts['start'])
})

test('the image listens on the port that it exposes and asks after, on a path of the API', () => {
  const [, asked, askedPath] =
    /127\.0\.0\.1:(\d+)(\/\w+)/.exec(named('HEALTHCHECK')[0]?.words.join(' ') ?? '') ?? []

  expect(named('EXPOSE').map((expose) => expose.words)).toEqual([[port]])
  expect(asked).toBe(port)
  expect(apiPaths()).toContain(askedPath)
  expect(CONFIGURATION.find((row) => row.variable === 'NVIRT_LISTEN')?.default).toContain(
    `:${port}`
  )
})

test('the image keeps its state in a volume of the user that runs it', () => {
  const data = image['NVIRT_DATA']

  expect(named('VOLUME').map((volume) => volume.words)).toEqual([[data]])
  expect(named('RUN').some((run) => run.words.includes(data ?? ''))).toBe(true)
  expect(named('USER').map((user) => user.words)).toEqual([['node']])
})

test.each(services)(
  'compose %s sets only variables that exist, to values that are read',
  (_, service) => {
    const inImage = Object.entries(image).filter(([name]) => name.startsWith('NVIRT_'))
    const environment = { ...Object.fromEntries(inImage), ...service.environment }

    const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-compose-'))
    const configuration = readConfiguration({ ...environment, NVIRT_DATA: folder })
    expect(configuration.listen.port).toBe(Number(port))
    expect(configuration.fleet.fleet).toBe(service.environment['NVIRT_FLEET'])
  }
)

test.each(services)(
  'compose %s publishes the exposed port on loopback only',
  (_, service) => {
    expect(service.build).toBe('.')
    expect(service.ports).toEqual([`127.0.0.1:${port}:${port}`])
  }
)

test.each(services)('compose %s keeps the state in a named volume', (_, service) => {
  const volumes = service.volumes.map((volume) => volume.split(':'))

  const [state] = volumes.find(([, where]) => where === image['NVIRT_DATA']) ?? []
  expect(Object.keys(compose.volumes)).toContain(state)
})

function named(name: string): readonly Instruction[] {
  return instructions.filter((instruction) => instruction.name === name)
}

function environmentOf(all: readonly Instruction[]): Readonly<Record<string, string>> {
  const pairs = all.flatMap((env) => env.words.map((word) => word.split('=', 2)))
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value]))
}
