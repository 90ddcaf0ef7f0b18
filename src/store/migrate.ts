/**
 * Brings a database up to the migrations of this nvirt, each in a transaction with its record. The records are kept in
 * Prisma's own table, so that `prisma migrate status` and `deploy` agree with us.
 *
 * Source: prisma/prisma-engines, schema-engine, migration_persistence.rs (table, checksum, finished and rolled back).
 */
import { randomUUID } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { Migration } from './migrations-folder.ts'
import { StoreError } from './store-error.ts'

const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)`

const SELECT_STANDING = `SELECT "migration_name" AS "name", "checksum", "finished_at" AS "finishedAt"
  FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL`

const INSERT_FINISHED = `INSERT INTO "_prisma_migrations"
  ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
  VALUES (@id, @checksum, @name, unixepoch() * 1000, unixepoch() * 1000, 1)`

type AppliedMigration = {
  readonly name: string
  readonly checksum: string
  readonly finishedAt: unknown
}

/**
 * Whether it has all migrations, and none that is unknown or was changed since: then `migrate` has nothing to do, and to
 * refuse. Reads only.
 *
 * @throws when it is no database, or not ours
 */
export function isMigrated(
  db: Database.Database,
  migrations: readonly Migration[]
): boolean {
  const applied = db.prepare(SELECT_STANDING).all() as AppliedMigration[]
  for (const one of applied) refuseUnlessKnown(one, migrations, db.name)
  return applied.length === migrations.length
}

/**
 * Safe to repeat.
 *
 * @throws {StoreError} migration-changed, migration-unknown, migration-unfinished: nothing has been applied then;
 *   migration-failed: those before it have
 */
export function migrate(db: Database.Database, migrations: readonly Migration[]): void {
  db.exec(CREATE_TABLE)
  const applied = db.prepare(SELECT_STANDING).all() as AppliedMigration[]
  for (const one of applied) refuseUnlessKnown(one, migrations, db.name)

  const names = new Set(applied.map(({ name }) => name))
  const missing = migrations.filter(({ name }) => !names.has(name))
  withoutForeignKeys(db, () => {
    for (const migration of missing) apply(db, migration)
  })
}

function refuseUnlessKnown(
  applied: AppliedMigration,
  migrations: readonly Migration[],
  file: string
): void {
  const refuse = (
    kind: 'migration-changed' | 'migration-unknown' | 'migration-unfinished'
  ) =>
    new StoreError(`opening ${file}: ${REASON[kind]} (${applied.name})`, {
      kind,
      migration: applied.name,
    })
  const known = migrations.find(({ name }) => name === applied.name)
  if (known === undefined) throw refuse('migration-unknown')
  if (applied.finishedAt === null) throw refuse('migration-unfinished')
  if (known.checksum !== applied.checksum) throw refuse('migration-changed')
}

const REASON = {
  'migration-changed': 'a migration was applied whose text is another one now',
  'migration-unknown': 'a later nvirt made this database, with a migration unknown here',
  'migration-unfinished': 'a migration was begun and never finished',
} as const

function apply(db: Database.Database, migration: Migration): void {
  const { name, sql, checksum } = migration
  try {
    db.transaction(() => {
      db.exec(sql)
      db.prepare(INSERT_FINISHED).run({ id: randomUUID(), checksum, name })
      refuseBrokenReferences(db)
    })()
  } catch (cause) {
    const problem = { kind: 'migration-failed', migration: name } as const
    throw new StoreError(`applying migration ${name} to ${db.name}`, problem, cause)
  }
}

/** A table is redefined by copying and dropping it. The pragma has no effect inside a transaction, so it goes around. */
function withoutForeignKeys(db: Database.Database, work: () => void): void {
  db.pragma('foreign_keys = OFF')
  try {
    work()
  } finally {
    db.pragma('foreign_keys = ON')
  }
}

function refuseBrokenReferences(db: Database.Database): void {
  const broken = db.pragma('foreign_key_check') as readonly { readonly table: string }[]
  const [first] = broken
  if (first)
    throw new Error(`${broken.length} broken references, the first in ${first.table}`)
}
