/** docs/workflows.md against the code: each workflow with its steps and its commit step, each state, each refusal. */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { OperationState } from '../../src/saga/operation.ts'
import type { Json, Step, WorkflowDefinition } from '../../src/saga/workflow.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import { memoryStore } from '../workflows/memory-store.ts'
import { makeWorld } from '../workflows/world.ts'
import { fencedBlocks, PROJECT, read, tableRows } from './documents.ts'

const text = read('docs/workflows.md')
const WITHIN_MS = 60_000

/** As the service puts them together: all versions. */
const book: WorkflowDefinition<StoreWrite>[] = []

beforeAll(async () => {
  const world = await makeWorld(memoryStore(), {
    adapt: (workflow) => {
      book.push(workflow)
      return workflow
    },
  })
  await world.stop()
}, WITHIN_MS)

const pci = {
  vendor: '',
  device: '',
  subsystemVendor: '',
  subsystemDevice: '',
  serialNumber: null,
  topology: '',
  bootId: '',
}
const fn = '0000:01:00.1'
const controller = { address: '0000:01:00.0', controller: null, pci }
const held = {
  hostId: 'host',
  subject: { kind: 'controller', id: 'pf' },
  holds: { exclusive: [], shared: [] },
  controllerId: 'pf',
  primary: controller,
}
const assigned = { ...held, assignmentId: 'a', functionId: 'f', fn, group: null }
const before = {
  binding: { driver: null, override: null },
  identity: { address: fn, pci },
}
const provisioned = {
  ...held,
  totalVfs: 8,
  groups: [],
  virtualFunctions: [{ id: 'f', vfNumber: 1, cntlid: 1, vq: 2, vi: 2, nsids: [] }],
  driver: 'nvme',
}
const ofVf = { ...held, virtualFunctionId: 'f', vfNumber: 1, cntlid: 1, fn }
const assigning = {
  ...assigned,
  controller,
  vf: null,
  canHaveVfs: false,
  nsids: [],
  witness: fn,
}
const assigningDirectly = {
  ...assigning,
  exactly: true,
  direct: { cntlid: 1, siblings: [controller], controllerId: 'other' },
}
const released = { ...assigned, before, acceptUncleaned: false, state: 'ready' }
const cleaned = {
  ...released,
  returns: true,
  cntlid: 1,
  vf: { controllerId: 'pf', primary: controller, primaryCntlid: 0, nsids: [] },
}

const attachments = { given: [], controllers: [1, 2], found: [] }
const cleanedDirectly = {
  ...cleaned,
  vf: null,
  before: { ...before, attachments },
  direct: { candidates: [controller], controllerId: 'other' },
}

/** By name and version: parameters of each kind, which together give every step that a workflow can have. */
const PARAMS: Readonly<Record<string, readonly Json[]>> = {
  'provision-virtual-functions 1': [provisioned, { ...provisioned, driver: 'none' }],
  'provision-virtual-functions 2': [provisioned, { ...provisioned, driver: 'none' }],
  'retire-virtual-function 1': [ofVf, { ...ofVf, fn: null }],
  'resize-primary 1': [{ ...held, wanted: { vq: 0, vi: 0 } }],
  'assign-function 1': [assigning, assigningDirectly],
  'release-assignment 1': [
    { ...released, returns: true },
    { ...released, returns: false },
  ],
  'release-assignment 2': [
    cleaned,
    { ...cleaned, vf: null },
    { ...cleaned, acceptUncleaned: true },
    { ...cleaned, acceptUncleaned: true, returns: false },
    { ...cleaned, cleaning: 'logical' },
    { ...cleaned, before: { ...before, recreating: { namespaces: [], before: [] } } },
    cleanedDirectly,
    { ...cleanedDirectly, acceptUncleaned: true },
    { ...cleanedDirectly, before: { ...cleanedDirectly.before, cleaned: {} } },
    { ...cleanedDirectly, again: 'look' },
    { ...cleaned, again: 'look' },
    { ...cleanedDirectly, again: 'erase' },
  ],
  'restore-virtual-function 1': [
    { ...provisioned, isServing: false },
    { ...provisioned, isServing: true },
  ],
  'restore-assignment 1': [assigning, assigningDirectly],
  'adopt-virtual-function 1': [ofVf],
}

test('each workflow has a section, and there is none of another', () => {
  const sections = text.match(/(?<=^## )[a-z]+(?:-[a-z]+)+$/gm) ?? []

  const names = new Set(book.map(({ name }) => name))
  expect(names.size).toBeGreaterThan(3)
  expect(sections.toSorted()).toEqual([...names].toSorted())
})

test('the diagram of each workflow has its steps in their order, and its commit step', () => {
  for (const workflow of book) {
    const title = `${workflow.name} ${workflow.version}`
    const ways = (PARAMS[title] ?? []).map((params) => workflow.steps(params).map(drawn))
    const nodes = nodesOf(workflow)

    expect(ways.length, title).toBeGreaterThan(0)
    for (const way of ways) {
      expect(nodes.filter(isIn(way)), title).toEqual(way)
    }
    expect(nodes.filter((node) => !ways.some((way) => isIn(way)(node)))).toEqual([])
    const hasCommit = nodes.some(({ commit }) => commit)
    if (!hasCommit) expect(sectionOf(workflow.name), title).toMatch(/no commit step/i)
  }
})

test('a section has a diagram for each version, and no other', () => {
  for (const { name } of book) {
    const diagrams = fencedBlocks(sectionOf(name), 'mermaid')
    expect(diagrams, name).toHaveLength(versionsOf(name).length)
  }
})

type Node = { readonly step: string; readonly commit: boolean }

function drawn({ name, commit = false }: Step<StoreWrite>): Node {
  return { step: name.replace(/-vf1$/, '-vfN'), commit }
}

function isIn(way: readonly Node[]) {
  return ({ step, commit }: Node) =>
    way.some((node) => node.step === step && node.commit === commit)
}

function sectionOf(name: string): string {
  return text.split(/^## /m).find((section) => section.startsWith(`${name}\n`)) ?? ''
}

/** The newest first, as the diagrams of a section. */
function versionsOf(name: string): readonly number[] {
  const all = book.filter((workflow) => workflow.name === name)
  return all.map(({ version }) => version).toSorted((a, b) => b - a)
}

/** Hexagons are commit steps. */
function nodesOf({ name, version }: WorkflowDefinition<StoreWrite>): readonly Node[] {
  const at = versionsOf(name).indexOf(version)
  const diagram = fencedBlocks(sectionOf(name), 'mermaid')[at] ?? ''
  return [...diagram.matchAll(/\["([^"]+)"\]|\{\{"([^"]+)"\}\}/g)].map(
    ([, step, commit]) => ({ step: step ?? commit ?? '', commit: commit !== undefined })
  )
}

const STATES = {
  waiting: true,
  running: true,
  blocked: true,
  undoing: true,
  succeeded: true,
  undone: true,
  stuck: true,
} as const satisfies Record<OperationState, true>

test('the states of an operation are those that it has', () => {
  const [diagram = ''] = fencedBlocks(text, 'mermaid')

  const states = [...diagram.matchAll(/^ {2}(\w+) --> (\w+)/gm)].flatMap(
    ([, from = '', to = '']) => [from, to]
  )

  expect([...new Set(states)].toSorted()).toEqual(Object.keys(STATES).toSorted())
})

test('each refusal stands in the table once, with its meaning and its remedy', () => {
  const rows = tableRows(text, 'check')

  const names = rows.map(([name = '']) => name.replaceAll('`', ''))
  expect(names.length).toBeGreaterThan(20)
  expect(names).toEqual(refusalsInCode())
  expect(rows.filter((cells) => cells.length !== 3 || cells.includes(''))).toEqual([])
})

/** Names of checks are literals in the source: beside `check:`, or the second argument of a `refusal`. */
function refusalsInCode(): readonly string[] {
  const folder = path.join(PROJECT, 'src/workflows')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const lines = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => readFileSync(path.join(folder, file), 'utf8').split('\n'))
    .filter((line) => /\bcheck: |\brefusal\(fn, /.test(line))
  const names = lines.flatMap((line) => line.match(/(?<=')[a-z]+(?:-[a-z]+)+(?=')/g) ?? [])
  return [...new Set(names)].toSorted()
}
