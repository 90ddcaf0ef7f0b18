#!/usr/bin/env node
/**
 * Stands in for Prisma's native `schema-engine` during development, where that binary cannot be downloaded: the same
 * JSON-RPC on standard input and output, answered by @prisma/schema-engine-wasm over the SQLite driver adapter.
 * Enough for `prisma migrate diff`, `status`, `deploy` and `dev`. Name this file in PRISMA_SCHEMA_ENGINE_BINARY.
 *
 * Protocol: prisma/prisma, packages/migrate/src/SchemaEngineCLI.ts (command line, framing, `print`).
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as wasm from '@prisma/schema-engine-wasm/schema_engine_bg'

const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" TEXT PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL, "finished_at" DATETIME, "migration_name" TEXT NOT NULL,
  "logs" TEXT, "rolled_back_at" DATETIME, "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
  "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0)`

const options = parseArguments(process.argv.slice(2))
// `schema-engine cli can-connect-to-database` and `create-database`: SQLite makes the file when it is opened.
if (options.cli !== undefined) process.exit(0)

await loadWasm()
const factory = bindMigrationAwareSqlAdapterFactory(adapterFactory(options.url))
const engine = await wasm.SchemaEngine.new(
  { datamodels: options.datamodels.length > 0 ? options.datamodels : undefined },
  () => {},
  factory
)

let answered = Promise.resolve()
createInterface({ input: process.stdin })
  .on('line', (line) => {
    answered = answered.then(() => answer(JSON.parse(line)))
  })
  .on('close', () => void answered.then(() => process.exit(0)))

function parseArguments(argv) {
  const found = { datamodels: [], url: '', cli: undefined }
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--datamodels') found.datamodels.push(datamodel(argv[++i]))
    else if (argv[i] === '--datasource') found.url = JSON.parse(argv[++i]).url ?? ''
    else if (argv[i] === 'cli') return { ...found, cli: argv[i + 1] }
  }
  return found
}

function datamodel(path) {
  return [path, readFileSync(path, 'utf8')]
}

function adapterFactory(url) {
  const adapters = new PrismaBetterSqlite3(
    { url: url || ':memory:' },
    { shadowDatabaseUrl: ':memory:' }
  )
  const connectToShadowDb = adapters.connectToShadowDb.bind(adapters)
  adapters.connectToShadowDb = async () => runScripts(await connectToShadowDb())
  return adapters
}

/** A migration file comes as one statement, which better-sqlite3's prepare() refuses when it is several. */
function runScripts(adapter) {
  const executeRaw = adapter.executeRaw.bind(adapter)
  adapter.executeRaw = async (query) => {
    if (query.args.length > 0) return executeRaw(query)
    await adapter.executeScript(query.sql)
    return 0
  }
  return adapter
}

async function loadWasm() {
  const require = createRequire(import.meta.url)
  const file = require
    .resolve('@prisma/schema-engine-wasm/schema_engine_bg')
    .replace(/\.js$/, '.wasm')
  const imports = { './schema_engine_bg.js': wasm }
  const { instance } = await WebAssembly.instantiate(readFileSync(file), imports)
  globalThis.PRISMA_WASM_PANIC_REGISTRY ??= {
    set_message: (message) => console.error(message),
  }
  wasm.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
}

async function answer({ id, method, params }) {
  if (method === undefined) return // the command line's answer to our `print`
  try {
    const result = await call(method, params)
    if (method === 'diff' && result?.stdout) {
      send({ id: `print-${id}`, method: 'print', params: { content: result.stdout } })
    }
    send({ id, result: result ?? null })
  } catch (error) {
    send({ id, error: { code: 4466, message: 'schema engine', data: describe(error) } })
  }
}

/** The native engine tolerates a database without a migrations table; the wasm one does not. */
async function call(method, params) {
  const run = engine[method === 'getDatabaseVersion' ? 'version' : method]
  if (run === undefined)
    throw new Error(`${method} is not supported by the wasm schema engine`)
  try {
    return await run.call(engine, params)
  } catch (error) {
    if (error?.code !== 'P1014' && !String(error?.message).includes('_prisma_migrations'))
      throw error
    const connection = await adapterFactory(options.url).connect()
    await connection.executeScript(MIGRATIONS_TABLE)
    await connection.dispose()
    return run.call(engine, params)
  }
}

function describe(error) {
  const message = String(error?.message ?? error)
  const external = /External error id#(\d+)/.exec(message)
  const cause = external && factory.errorRegistry.consumeError(Number(external[1]))
  return {
    is_panic: false,
    message: cause ? `${message}\n${cause.error?.stack ?? JSON.stringify(cause)}` : message,
    error_code: error?.code,
    meta: error?.meta,
  }
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}
