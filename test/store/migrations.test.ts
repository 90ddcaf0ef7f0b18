import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { migrate } from '../../src/store/migrate.ts'
import { findMigrationsFolder, readMigrations } from '../../src/store/migrations-folder.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { temporaryFolder } from './temporary-store.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

type Finished = { readonly code: number; readonly output: string }

/** Prisma's command line, with the engine that stands in for the one that would have to be downloaded. */
async function prisma(database: string, ...args: string[]): Promise<Finished> {
  const cli = join(ROOT, 'node_modules/prisma/build/index.js')
  const env = {
    ...process.env,
    NVIRT_DATABASE_URL: `file:${database}`,
    PRISMA_SCHEMA_ENGINE_BINARY: join(ROOT, 'scripts/schema-engine.mjs'),
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  }
  try {
    const { stdout, stderr } = await run(process.execPath, [cli, ...args], {
      cwd: ROOT,
      env,
    })
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as {
      code: number
      stdout: string
      stderr: string
    }
    return { code, output: stdout + stderr }
  }
}

function migrated(folder: string): string {
  const file = join(folder, 'nvirt.db')
  const db = new Database(file)
  migrate(db, readMigrations(findMigrationsFolder()))
  db.close()
  return file
}

function refusal(work: () => void): StoreError {
  try {
    work()
  } catch (error) {
    if (error instanceof StoreError) return error
    throw error
  }
  throw new Error('it was not refused')
}

/** A migrations folder with one migration of our own. */
function folderWith(sql: string): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, '0001_one'))
  writeFileSync(join(folder, '0001_one', 'migration.sql'), sql)
  return folder
}

test('the migrations give exactly the database that the schema describes', async () => {
  const database = migrated(temporaryFolder())

  const diff = await prisma(
    database,
    'migrate',
    'diff',
    '--exit-code',
    '--script',
    '--from-config-datasource',
    '--to-schema',
    'prisma/schema.prisma'
  )

  expect(diff.output).toContain('This is an empty migration')
  expect(diff.code).toBe(0)
}, 60_000)

test('a database that lacks a column is told from the one that the schema describes', async () => {
  const database = migrated(temporaryFolder())
  const db = new Database(database)
  db.exec('ALTER TABLE "Host" DROP COLUMN "why"')
  db.close()

  const diff = await prisma(
    database,
    'migrate',
    'diff',
    '--exit-code',
    '--script',
    '--from-config-datasource',
    '--to-schema',
    'prisma/schema.prisma'
  )

  expect(diff.code).toBe(2)
  expect(diff.output).toContain('"why"')
}, 60_000)

test('Prisma finds the migrations that we applied applied', async () => {
  const status = await prisma(migrated(temporaryFolder()), 'migrate', 'status')

  expect(status.output).toContain('Database schema is up to date!')
  expect(status.code).toBe(0)
}, 60_000)

test('we find the migrations that Prisma applied applied', async () => {
  const file = join(temporaryFolder(), 'nvirt.db')
  const deployed = await prisma(file, 'migrate', 'deploy')
  const db = new Database(file)
  const rows = () => db.prepare('SELECT * FROM "_prisma_migrations"').all()
  const before = rows()

  migrate(db, readMigrations(findMigrationsFolder()))

  expect(deployed.output).toContain('All migrations have been successfully applied.')
  expect(rows()).toEqual(before)
}, 60_000)

test('migrating again changes nothing', () => {
  const db = new Database(':memory:')
  const migrations = readMigrations(findMigrationsFolder())
  migrate(db, migrations)
  const before = db.prepare('SELECT * FROM "_prisma_migrations"').all()

  migrate(db, migrations)

  expect(before.length).toBe(migrations.length)
  expect(db.prepare('SELECT * FROM "_prisma_migrations"').all()).toEqual(before)
})

test('a migration whose text has changed since it was applied is refused', () => {
  const db = new Database(':memory:')
  migrate(db, readMigrations(folderWith('CREATE TABLE "a" ("id" TEXT)')))

  const { problem } = refusal(() =>
    migrate(db, readMigrations(folderWith('CREATE TABLE "b" ("id" TEXT)')))
  )

  expect(problem).toEqual({ kind: 'migration-changed', migration: '0001_one' })
})

test('a database of a later nvirt is refused, and nothing is applied to it', () => {
  const db = new Database(':memory:')
  const older = folderWith('CREATE TABLE "a" ("id" TEXT)')
  const newer = temporaryFolder()
  cpSync(older, newer, { recursive: true })
  mkdirSync(join(newer, '0002_two'))
  writeFileSync(join(newer, '0002_two', 'migration.sql'), 'CREATE TABLE "b" ("id" TEXT)')
  migrate(db, readMigrations(newer))

  const { problem, message } = refusal(() => migrate(db, readMigrations(older)))

  expect(problem).toEqual({ kind: 'migration-unknown', migration: '0002_two' })
  expect(message).toContain('a later nvirt made this database')
})

test('a migration that fails leaves nothing of itself, and can be applied once it is mended', () => {
  const db = new Database(':memory:')
  const broken = folderWith(
    'CREATE TABLE "a" ("id" TEXT); INSERT INTO "nowhere" VALUES (1)'
  )

  const { problem } = refusal(() => migrate(db, readMigrations(broken)))

  expect(problem).toEqual({ kind: 'migration-failed', migration: '0001_one' })
  migrate(db, readMigrations(folderWith('CREATE TABLE "a" ("id" TEXT)')))
  expect(db.prepare('SELECT count(*) AS "n" FROM "a"').get()).toEqual({ n: 0 })
})

test('a migration that others began and did not finish is refused', () => {
  const db = new Database(':memory:')
  const migrations = readMigrations(folderWith('CREATE TABLE "a" ("id" TEXT)'))
  migrate(db, migrations)
  db.exec('UPDATE "_prisma_migrations" SET "finished_at" = NULL')

  expect(refusal(() => migrate(db, migrations)).problem.kind).toBe('migration-unfinished')
})

test('a migration that was rolled back is applied again', () => {
  const db = new Database(':memory:')
  const migrations = readMigrations(folderWith('CREATE TABLE "a" ("id" TEXT)'))
  migrate(db, migrations)
  db.exec('UPDATE "_prisma_migrations" SET "rolled_back_at" = 1; DROP TABLE "a"')

  migrate(db, migrations)

  expect(db.prepare('SELECT count(*) AS "n" FROM "a"').get()).toEqual({ n: 0 })
})

test('a migration that breaks a reference is refused', () => {
  const db = new Database(':memory:')
  const { problem } = refusal(() =>
    migrate(
      db,
      readMigrations(
        folderWith(`CREATE TABLE "a" ("id" TEXT PRIMARY KEY);
          CREATE TABLE "b" ("a" TEXT REFERENCES "a" ("id")); INSERT INTO "b" VALUES ('gone')`)
      )
    )
  )

  expect(problem.kind).toBe('migration-failed')
})

test('a folder without migrations is refused', () => {
  expect(refusal(() => void readMigrations(temporaryFolder())).problem.kind).toBe(
    'migrations-missing'
  )
})
