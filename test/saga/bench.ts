/** An engine on a memory log and a clock that the test moves. */
import { createEngine } from '../../src/saga/run-engine.ts'
import type { EngineOptions } from '../../src/saga/run-engine.ts'
import type { Engine, StartOperation } from '../../src/saga/engine.ts'
import type { OperationRecord } from '../../src/saga/operation.ts'
import type { Step, WorkflowDefinition } from '../../src/saga/workflow.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { fakeClock } from '../support/fake-clock.ts'
import type { MemoryLog } from './memory-log.ts'
import { memoryLog, never } from './memory-log.ts'

export type Bench = {
  readonly memory: MemoryLog<string>
  readonly clock: FakeClock
  /** A process: an engine of its own on the same log. */
  readonly boot: (
    workflows: readonly WorkflowDefinition<string>[],
    options?: Partial<EngineOptions<string>>
  ) => { readonly engine: Engine<string>; readonly kill: () => void }
  /** Moves time until the operation has ended. */
  readonly end: (id: string) => Promise<OperationRecord>
}

export function bench(): Bench {
  const memory = memoryLog<string>()
  const clock = fakeClock()
  let boots = 0
  return {
    memory,
    clock,
    boot: (workflows, options = {}) => {
      const { log, kill } = memory.connect()
      const owner = `process-${++boots}`
      return { engine: createEngine({ log, workflows, clock, owner, ...options }), kill }
    },
    end: async (id) => {
      for (let seconds = 0; seconds < 100; seconds++) {
        await clock.advance(1_000)
        const record = memory.operations.get(id)
        if (record && ENDED.includes(record.state)) return record
      }
      throw new Error(
        `operation ${id} does not end: ${JSON.stringify(memory.operations.get(id))}`
      )
    },
  }
}

const ENDED: readonly OperationRecord['state'][] = ['succeeded', 'undone', 'stuck']

export function operation(id: string, set: Partial<StartOperation> = {}): StartOperation {
  return { id, workflow: 'test', params: null, actor: 'demo', tenant: 'default', ...set }
}

export function workflow(
  steps: readonly Step<string>[],
  set: Partial<WorkflowDefinition<string>> = {}
): WorkflowDefinition<string> {
  return {
    name: 'test',
    version: 1,
    steps: () => steps,
    locks: () => [],
    onSucceeded: ({ operationId }) => [`${operationId} succeeded`],
    onUndone: ({ operationId }) => [`${operationId} undone`],
    onStuck: ({ operationId }) => [`${operationId} stuck`],
    ...set,
  }
}

/** A step that says what it does, and can be told to fail. */
export function step(
  name: string,
  said: string[],
  set: Partial<Step<string>> & { readonly fails?: () => boolean } = {}
): Step<string> {
  const { fails = () => false, ...rest } = set
  return {
    name,
    run: async () => {
      said.push(`+${name}`)
      if (fails()) throw new Error(`${name} failed`)
      return { result: 'done', output: `output of ${name}`, writes: [`row of ${name}`] }
    },
    undo: async () => {
      said.push(`-${name}`)
      return { result: 'done' }
    },
    ...rest,
  }
}

/** A step that hangs in its first run until it is killed, and works in the next. */
export function hangsOnce(
  name: string,
  said: string[],
  set: Partial<Step<string>> = {}
): Step<string> {
  let runs = 0
  return step(name, said, {
    run: async () => {
      said.push(`+${name}`)
      return ++runs === 1 ? never() : { result: 'done' }
    },
    ...set,
  })
}
