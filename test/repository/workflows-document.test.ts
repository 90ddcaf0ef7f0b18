/** docs/workflows.md against the code: each workflow with its steps and its commit step, each state, each refusal. */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { OperationState } from '../../src/saga/operation.ts'
import type { Json, WorkflowDefinition } from '../../src/saga/workflow.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import { memoryStore } from '../workflows/memory-store.ts'
import { makeWorld } from '../workflows/world.ts'
import { fencedBlocks, PROJECT, read, tableRows } from './documents.ts'

const text = read('docs/workflows.md')
const WITHIN_MS = 60_000

/** As the service puts it together. */
const book = new Map<string, WorkflowDefinition<StoreWrite>>()

beforeAll(async () => {
  const world = await makeWorld(memoryStore(), {
    adapt: (workflow) => {
      book.set(workflow.name, workflow)
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
const released = { ...assigned, before, acceptUncleaned: false, state: 'ready' }

/** Parameters that give every step that a workflow can have. */
const PARAMS: Readonly<Record<string, readonly Json[]>> = {
  'provision-virtual-functions': [
    {
      ...held,
      totalVfs: 8,
      groups: [],
      virtualFunctions: [{ id: 'f', vfNumber: 1, cntlid: 1, vq: 2, vi: 2, nsids: [] }],
      driver: 'nvme',
    },
  ],
  'retire-virtual-function': [
    { ...held, virtualFunctionId: 'f', vfNumber: 1, cntlid: 1, fn },
  ],
  'resize-primary': [{ ...held, wanted: { vq: 0, vi: 0 } }],
  'assign-function': [
    { ...assigned, controller, vf: null, canHaveVfs: false, nsids: [], witness: fn },
  ],
  'release-assignment': [
    { ...released, returns: true },
    { ...released, returns: false },
  ],
}

test('each workflow has a section, and there is none of another', () => {
  const sections = text.match(/(?<=^## )[a-z]+(?:-[a-z]+)+$/gm) ?? []

  expect(book.size).toBeGreaterThan(3)
  expect(sections.toSorted()).toEqual([...book.keys()].toSorted())
})

test('the diagram of each workflow has its steps in their order, and its commit step', () => {
  for (const workflow of book.values()) {
    const steps = (PARAMS[workflow.name] ?? []).flatMap((params) => workflow.steps(params))
    const names = steps.map(({ name }) => name.replace(/-vf1$/, '-vfN'))
    const commits = steps.filter(({ commit }) => commit).map(({ name }) => name)

    expect(names.length, workflow.name).toBeGreaterThan(0)
    expect(nodesOf(workflow.name, /\["([^"]+)"\]|\{\{"([^"]+)"\}\}/g)).toEqual(names)
    expect(nodesOf(workflow.name, /\{\{"([^"]+)"\}\}/g)).toEqual(commits)
    if (commits.length === 0) expect(sectionOf(workflow.name)).toMatch(/no commit step/i)
  }
})

function sectionOf(name: string): string {
  return text.split(/^## /m).find((section) => section.startsWith(`${name}\n`)) ?? ''
}

function nodesOf(name: string, node: RegExp): readonly (string | undefined)[] {
  const [diagram = ''] = fencedBlocks(sectionOf(name), 'mermaid')
  return [...diagram.matchAll(node)].map(([, step, commit]) => step ?? commit)
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
