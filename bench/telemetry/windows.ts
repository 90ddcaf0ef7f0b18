/** Windows of a fleet: subscriptions to so many VFs each, which together have every VF once. */
import path from 'node:path'
import Database from 'better-sqlite3'
import { grouped } from '../../src/linux/grouped.ts'

export type WindowShape = {
  /** VFs of a window. */
  readonly functions: number
  /** Hosts that they are of: those have a whole number of windows. */
  readonly spread: number
}

type Row = { readonly id: string; readonly hostId: string }

/** @param data the service's folder @returns messages, one for each window */
export function windowsOf(data: string, { functions, spread }: WindowShape): string[] {
  const db = new Database(path.join(data, 'nvirt.db'), { readonly: true })
  const sql = `SELECT "id", "hostId" FROM "VirtualFunction" ORDER BY "hostId", "vfNumber"`
  const rows = db.prepare(sql).all() as Row[]
  db.close()
  const hosts = grouped(rows, ({ hostId }) => hostId)
  return chunks([...hosts.values()], spread)
    .flatMap((group) => chunks(dealt(group), functions))
    .map(messageOf)
}

/** One of each host in turn. */
function dealt(hosts: readonly (readonly Row[])[]): readonly Row[] {
  const most = Math.max(...hosts.map(({ length }) => length))
  return Array.from({ length: most }, (_, n) => hosts.flatMap((vfs) => vfs[n] ?? [])).flat()
}

function messageOf(window: readonly Row[]): string {
  const virtualFunctionIds = window.map(({ id }) => id)
  return JSON.stringify({
    type: 'subscribe',
    id: 'a',
    virtualFunctionIds,
    periodMs: 1000,
    format: 'binary',
  })
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
    all.slice(n * size, (n + 1) * size)
  )
}
