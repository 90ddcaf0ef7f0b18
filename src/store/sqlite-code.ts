/** Whether it is the database that cannot be written, whatever it is told, or the row that it refuses. */

/** Source: SQLite, "Result and Error Codes". Extended ones begin as the one that they are of. */
const UNWRITABLE = /^SQLITE_(BUSY|CANTOPEN|FULL|IOERR|LOCKED|NOMEM|PROTOCOL|READONLY)(_|$)/

/** SQLite's code of an error, or of what it was made of; undefined: the database could be written. */
export function unwritableCode(error: unknown): string | undefined {
  const { code, originalCode, cause, meta } = partsOf(error)
  const own = [code, originalCode].find(
    (known) => typeof known === 'string' && UNWRITABLE.test(known)
  )
  if (typeof own === 'string') return own
  // Prisma keeps what its adapter threw in `meta`, and the adapter what SQLite said in `originalCode` of its cause.
  const from = cause ?? partsOf(meta)['driverAdapterError']
  return from === undefined ? undefined : unwritableCode(from)
}

function partsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>) // of whatever was thrown
    : {}
}
