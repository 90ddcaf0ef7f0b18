/** A database as SQL text that a person can review, and back. */
import Database from 'better-sqlite3'

/** @param file may be in use by a service that stands still */
export function toSql(file: string): string {
  const db = new Database(file, { readonly: true })
  const made = db
    .prepare(
      `SELECT "type", "name", "sql" FROM sqlite_master
        WHERE "sql" IS NOT NULL AND "name" NOT LIKE 'sqlite_%'`
    )
    .all() as { type: string; name: string; sql: string }[]
  const tables = made.filter(({ type }) => type === 'table')
  const lines = [
    ...made.map(({ sql }) => `${sql};`),
    ...tables.flatMap(({ name }) => rowsOf(db, name)),
  ]
  db.close()
  return `${lines.join('\n')}\n`
}

function rowsOf(db: Database.Database, table: string): readonly string[] {
  const columns = (db.pragma(`table_info("${table}")`) as { name: string }[]).map(
    ({ name }) => name
  )
  const quoted = columns.map((name) => `quote("${name}")`).join(` || ', ' || `)
  const named = columns.map((name) => `"${name}"`).join(', ')
  const rows = db.prepare(`SELECT ${quoted} FROM "${table}"`).pluck().all() as string[]
  return rows.map((values) => `INSERT INTO "${table}" (${named}) VALUES (${values});`)
}

export function fromSql(sql: string, file: string): void {
  const db = new Database(file)
  db.pragma('foreign_keys = OFF')
  db.transaction(() => db.exec(sql))()
  db.close()
}
