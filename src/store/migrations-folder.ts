/** Migrations as Prisma keeps them: `migrations/NNNN_name/migration.sql`, in the order of their names. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StoreError } from './store-error.ts'

export type Migration = {
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file, hex. Source: prisma/prisma-engines, schema-engine, checksum.rs. */
  readonly checksum: string
}

/** @throws {StoreError} migrations-missing */
export function readMigrations(folder: string): readonly Migration[] {
  const files = existsSync(folder) ? readdirSync(folder) : []
  const migrations = files
    .filter((name) => existsSync(join(folder, name, 'migration.sql')))
    .toSorted()
    .map((name) => readMigration(name, readFileSync(join(folder, name, 'migration.sql'))))
  if (migrations.length > 0) return migrations
  throw new StoreError(`reading migrations in ${folder}`, {
    kind: 'migrations-missing',
    folder,
  })
}

/** The nearest `prisma/migrations` above this file: the same from src/, from dist/ and from a bundle beside it. */
export function findMigrationsFolder(
  from = dirname(fileURLToPath(import.meta.url))
): string {
  const folder = join(from, 'prisma', 'migrations')
  const above = dirname(from)
  return existsSync(folder) || above === from ? folder : findMigrationsFolder(above)
}

function readMigration(name: string, file: Buffer): Migration {
  const checksum = createHash('sha256').update(file).digest('hex')
  return { name, sql: file.toString('utf8'), checksum }
}
