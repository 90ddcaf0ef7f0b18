/** Writes openapi.yaml from the routes, and the types of a client from that; with --check only compares. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openApiText } from '../src/api/openapi-text.ts'
import { buildServer } from '../src/api/server.ts'
import type { ServerOptions } from '../src/api/services.ts'
import { systemClock } from '../src/clock.ts'
import { PAGE_FOLDER } from '../src/dashboard/page-folder.ts'
import { clientTypes } from './client-types.ts'

const DOCUMENT = path.resolve(import.meta.dirname, '../openapi.yaml')
const TYPES = path.resolve(import.meta.dirname, '../test/client/schema.ts')

/** Routes are described, never called. */
function neverAsked<T extends object>(name: string): T {
  const refuse = () => {
    throw new Error(`${name} was asked while only its routes are described`)
  }
  return new Proxy({}, { get: refuse }) as T
}

const options: ServerOptions = {
  inventory: neverAsked('inventory'),
  workflows: neverAsked('workflows'),
  telemetry: neverAsked('telemetry'),
  history: neverAsked('history'),
  metrics: neverAsked('metrics'),
  drills: neverAsked('drills'),
  events: neverAsked('events'),
  authenticate: () => {
    throw new Error('nobody calls')
  },
  allowedHosts: [],
  clock: systemClock,
  pageFolder: PAGE_FOLDER,
}

async function describe(): Promise<string> {
  const app = await buildServer(options)
  try {
    return openApiText(app)
  } finally {
    await app.close()
  }
}

function compare(file: string, generated: string): void {
  const name = path.relative(process.cwd(), file)
  const committed = readFileSync(file, 'utf8')
  if (committed === generated) return console.log(`${name} is what the routes generate`)
  console.error(`${name} is not what the routes generate: npm run openapi:generate`)
  process.exitCode = 1
}

const document = await describe()
if (process.argv.includes('--check')) {
  compare(DOCUMENT, document)
  compare(TYPES, await clientTypes(DOCUMENT))
} else {
  writeFileSync(DOCUMENT, document)
  writeFileSync(TYPES, await clientTypes(DOCUMENT))
  console.log('wrote openapi.yaml and the types of its client')
}
