/**
 * Makes the half-done database: runs the service of this version, lets its operations get to where each is to be left,
 * and abandons it there. Run with the version whose database is to be kept: `npx tsx test/workflows/half-done/make.ts FOLDER`.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { MachineSnapshot } from '../../../src/emulator/machine.ts'
import Database from 'better-sqlite3'
import { isTerminal } from '../../../src/saga/operation.ts'
import { toSql } from './as-text.ts'
import { CASES, UNKNOWN, type Case } from './cases.ts'
import { HOST_NAMES, serviceOn, type Service } from './service.ts'

/** Both ends of each machine, and which operation is which case. */
export type Ends = {
  readonly operations: Readonly<Record<string, string>>
  readonly found: Readonly<Record<string, MachineSnapshot>>
  readonly goal: Readonly<Record<string, MachineSnapshot>>
}

const [, , folder] = process.argv
if (folder === undefined) throw new Error('which folder?')
await make(folder)
process.exit(0) // what is left behind waits for ever

async function make(into: string): Promise<void> {
  const goal = await goals()
  const data = mkdtempSync(path.join(tmpdir(), 'nvirt-half-done-'))
  const service = await serviceOn(data)
  await prepareAll(service)
  const found = snapshots(service)
  const operations: Record<string, string> = {}
  for (const one of CASES) operations[one.name] = await leave(service, one)
  keep(data, into, { operations, found, goal })
  rmSync(data, { recursive: true })
}

/** The same requests on machines of their own, with nothing in their way. */
async function goals() {
  const data = mkdtempSync(path.join(tmpdir(), 'nvirt-goals-'))
  const service = await serviceOn(data)
  await prepareAll(service)
  for (const one of CASES) {
    const started = await one.start(service, one.host)
    const { state } = await service.until(started, ({ state: now }) => isTerminal(now))
    if (state !== 'succeeded') throw new Error(`${one.name}: ${state}`)
  }
  const goal = snapshots(service)
  await service.stop()
  rmSync(data, { recursive: true })
  return goal
}

async function prepareAll(service: Service): Promise<void> {
  for (const one of CASES) await one.prepare(service, one.host)
}

function snapshots({ host }: Service): Record<string, MachineSnapshot> {
  return Object.fromEntries(HOST_NAMES.map((name) => [name, host(name).machine.snapshot()]))
}

async function leave(service: Service, one: Case): Promise<string> {
  const { machine, dieAt } = service.host(one.host)
  for (const fault of one.faults ?? []) machine.faults.arm(fault)
  if (one.diesAt !== undefined) dieAt(one.drive, one.diesAt)
  const { left } = one
  const started = await one.start(service, one.host)
  let seen = started
  try {
    await service.until(started, (operation) => {
      seen = operation
      const step = operation.steps.find(({ name }) => left.step?.names.includes(name))
      return (
        operation.state === left.state &&
        operation.committed === left.committed &&
        step?.state === left.step?.state
      )
    })
  } catch (cause) {
    const steps = seen.steps.map(({ name, state }) => `${name} ${state}`)
    throw new Error(`${one.name} is ${seen.state}: ${steps.join(', ')}`, { cause })
  }
  return started.id
}

function keep(data: string, into: string, ends: Ends): void {
  mkdirSync(path.join(into, 'machines'), { recursive: true })
  const copy = path.join(data, 'copy.db')
  const db = new Database(path.join(data, 'nvirt.db'), { readonly: true })
  db.prepare('VACUUM INTO ?').run(copy)
  db.close()
  const edited = new Database(copy)
  const unknown = edited.prepare('UPDATE "Operation" SET "version" = 99 WHERE "id" = ?')
  unknown.run(ends.operations[UNKNOWN])
  edited.close()
  writeFileSync(path.join(into, 'nvirt.sql'), toSql(copy))
  writeFileSync(path.join(into, 'ends.json'), `${JSON.stringify(ends, null, 1)}\n`)
  for (const name of HOST_NAMES) {
    const file = path.join('machines', `${name}.journal`)
    copyFileSync(path.join(data, file), path.join(into, file))
  }
}
