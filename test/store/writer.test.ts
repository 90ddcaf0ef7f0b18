import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { commitGroup } from '../../src/store/group-commit.ts'
import { migrate } from '../../src/store/migrate.ts'
import { findMigrationsFolder, readMigrations } from '../../src/store/migrations-folder.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { WriterConnection } from '../../src/store/writer-connection.ts'
import { openWriterConnection } from '../../src/store/writer-connection.ts'
import { assignmentRow, hostRow, newEvent } from './rows.ts'
import { temporaryFolder, temporaryStore } from './temporary-store.ts'

async function connection(): Promise<WriterConnection> {
  const opened = await openWriterConnection(join(temporaryFolder(), 'nvirt.db'))
  onTestFinished(() => opened.close())
  migrate(opened.db, readMigrations(findMigrationsFolder()))
  return opened
}

test('a commit waits for the disk', async () => {
  const { db } = await connection()

  const pragmas = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout']

  expect(pragmas.map((name) => Number(db.pragma(name, { simple: true })) || 'wal')).toEqual(
    ['wal', 2, 1, 5000]
  )
})

test('what Prisma wrote goes with the transaction that it was part of', async () => {
  const { db, prisma, prepare } = await connection()
  const client = await prisma()
  const hosts = () => prepare('SELECT count(*) AS "n" FROM "Host"').get()

  db.exec('BEGIN; SAVEPOINT one')
  await client.host.create({ data: hostRow({ id: 'a' }) })
  db.exec('ROLLBACK TO one; RELEASE one')
  await client.host.create({ data: hostRow({ id: 'b' }) })
  const inside = hosts()
  db.exec('COMMIT')

  expect(inside).toEqual({ n: 1 })
  expect(hosts()).toEqual({ n: 1 })
})

test('a transaction of Prisma’s own is part of ours, and fails alone', async () => {
  const { db, prisma, prepare } = await connection()
  const client = await prisma()
  const create = (id: string) => client.host.create({ data: hostRow({ id }) })
  const ids = () => prepare('SELECT "id" FROM "Host" ORDER BY "id"').all()

  db.exec('BEGIN')
  await create('a')
  await client.$transaction([create('b'), create('c')])
  const failed = client.$transaction([create('d'), create('a')])
  await expect(failed).rejects.toThrow()
  const inside = ids()
  const wasOpen = db.inTransaction
  db.exec('ROLLBACK')

  expect(wasOpen).toBe(true)
  expect(inside).toEqual([{ id: 'a' }, { id: 'b' }, { id: 'c' }])
  expect(ids()).toEqual([])
})

test('Prisma is not loaded for what prepared SQL writes', async () => {
  const opened = await connection()
  let loads = 0
  const counted = { ...opened, prisma: () => (loads++, opened.prisma()) }

  await commitGroup(counted, [
    [
      { write: 'putHost', row: hostRow() },
      { write: 'appendEvent', event: newEvent() },
    ],
  ])
  const before = loads
  await commitGroup(counted, [[{ write: 'putAssignment', row: assignmentRow() }]])

  expect(before).toBe(0)
  expect(loads).toBeGreaterThan(0)
})

test('when the group cannot commit, every transaction in it is told so', async () => {
  const opened = await connection()
  opened.db.exec('BEGIN')

  const outcomes = await commitGroup(opened, [
    [{ write: 'appendEvent', event: newEvent() }],
    [{ write: 'appendEvent', event: newEvent() }],
  ])

  expect(outcomes.map(({ ok }) => ok)).toEqual([false, false])
  expect(opened.db.inTransaction).toBe(false)
})

test('a database that cannot be opened is refused, naming it', async () => {
  const file = join(temporaryFolder(), 'missing', 'nvirt.db')

  await expect(openStore({ file })).rejects.toMatchObject({
    name: 'StoreError',
    message: `opening ${file}`,
  })
})

test('of many transactions that are asked for at once each is told what became of it, in order', async () => {
  const store = await temporaryStore()
  const cannotCross = newEvent({ detail: { sectors: 8n } as never })
  const told: number[] = []
  const asked = Array.from({ length: 500 }, (_, nth) =>
    store
      .commit([
        { write: 'appendEvent', event: nth % 100 === 50 ? cannotCross : newEvent() },
      ])
      .finally(() => told.push(nth))
  )

  const numbers = (await Promise.allSettled(asked)).map((one) =>
    one.status === 'fulfilled' ? one.value.events[0] : 'refused'
  )

  const others = numbers.filter((number) => number !== 'refused')
  expect(others).toEqual(Array.from({ length: 495 }, (_, nth) => nth + 1))
  expect(numbers.flatMap((number, nth) => (number === 'refused' ? [nth] : []))).toEqual([
    50, 150, 250, 350, 450,
  ])
  const written = told.filter((nth) => nth % 100 !== 50)
  expect(written).toEqual(written.toSorted((a, b) => a - b))
  expect(store.read.lastEventNumber()).toBe(495)
})

test('what cannot cross to the writer is refused, and nothing else that was sent with it', async () => {
  const store = await temporaryStore()
  const cannotCross = newEvent({ detail: { sectors: 8n } as never })

  const [before, refused, after] = await Promise.allSettled([
    store.commit([{ write: 'appendEvent', event: newEvent() }]),
    store.commit([{ write: 'appendEvent', event: cannotCross }]),
    store.commit([{ write: 'appendEvent', event: newEvent() }]),
  ])

  expect(before).toMatchObject({ value: { events: [1] } })
  expect(refused).toMatchObject({ reason: { problem: { kind: 'refused' } } })
  expect(after).toMatchObject({ value: { events: [2] } })
})

test('a closed store commits what was asked for before, and refuses what comes after', async () => {
  const folder = temporaryFolder()
  const first = await openStore({ file: join(folder, 'nvirt.db') })

  const before = first.commit([{ write: 'appendEvent', event: newEvent() }])
  const closed = first.close()
  const after = first.commit([{ write: 'appendEvent', event: newEvent() }])

  await expect(after).rejects.toMatchObject({ problem: { kind: 'writer-ended' } })
  expect((await before).events).toEqual([1])
  await closed
  expect((await temporaryStore(folder)).read.lastEventNumber()).toBe(1)
})

test('who is told of what is committed while the store closes can read it', async () => {
  const store = await openStore({ file: join(temporaryFolder(), 'nvirt.db') })
  const read: number[] = []
  store.onEvents(() => read.push(store.read.lastEventNumber()))

  const last = store.commit([{ write: 'appendEvent', event: newEvent() }])
  await store.close()
  await last

  expect(read).toEqual([1])
})

test('what needs no migration is read before its writer starts, which says by itself what keeps it from it', async () => {
  const folder = temporaryFolder()
  const migrationsFolder = join(folder, 'migrations')
  cpSync(findMigrationsFolder(), migrationsFolder, { recursive: true })
  const file = join(folder, 'nvirt.db')
  const first = await openStore({ file, migrationsFolder })
  await first.commit([{ write: 'appendEvent', event: newEvent() }])
  await first.close()

  const store = await openStore({ file, migrationsFolder })
  rmSync(migrationsFolder, { recursive: true })
  const known = store.read.lastEventNumber()
  const missing = { problem: { kind: 'migrations-missing' } }

  await expect(store.startWriting()).rejects.toMatchObject(missing)
  await expect(store.commit([])).rejects.toMatchObject(missing)
  await store.close()
  expect(known).toBe(1)
})

test('a store that is closed before it wrote starts no writer any more', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'nvirt.db')
  await (await openStore({ file })).close()
  const store = await openStore({ file })

  await store.close()

  const refused = store.commit([{ write: 'appendEvent', event: newEvent() }])
  await expect(refused).rejects.toMatchObject({ problem: { kind: 'writer-ended' } })
})

test('a listener that throws keeps neither the others nor the commit from being told', async () => {
  const store = await temporaryStore()
  const bugs: unknown[] = []
  const former = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.once('uncaughtException', (bug) => bugs.push(bug))
  onTestFinished(() => {
    for (const listener of former) process.on('uncaughtException', listener)
  })
  const told: number[] = []
  store.onEvents(() => {
    throw new Error('a bug')
  })
  store.onEvents((events) => told.push(...events.map(({ number }) => number)))

  await store.commit([{ write: 'appendEvent', event: newEvent() }])
  await new Promise(setImmediate)

  expect(told).toEqual([1])
  expect(bugs).toMatchObject([{ message: 'a bug' }])
})

test('every commit that was acknowledged outlives a killed process', async () => {
  const folder = temporaryFolder()
  const open = new URL('../../src/store/open-store.ts', import.meta.url).href
  const script = `import { openStore } from ${JSON.stringify(open)}
    const store = await openStore({ file: ${JSON.stringify(join(folder, 'nvirt.db'))} })
    const event = ${JSON.stringify(newEvent())}
    for (;;) {
      const commits = Array.from({ length: 5 }, () => store.commit([{ write: 'appendEvent', event }]))
      for (const commit of commits) console.log((await commit).events[0])
    }`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let acknowledged = 0
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line)
    if (acknowledged === 100) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')

  const store = await temporaryStore(folder)

  expect(acknowledged).toBeGreaterThanOrEqual(100)
  expect(store.read.lastEventNumber()).toBeGreaterThanOrEqual(acknowledged)
})
