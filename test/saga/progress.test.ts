import { expect, test } from 'vitest'
import { PROGRESS_MS } from '../../src/saga/step-progress.ts'
import type { StepContext } from '../../src/saga/workflow.ts'
import { bench, operation, step, workflow } from './bench.ts'
import { never } from './memory-log.ts'

const MiB = (done: number) => ({ done, total: 100, unit: 'MiB' })

test('what a step says is durable at once and then at a bounded rate, and the last when it ends', async () => {
  const { memory, boot, clock, end } = bench()
  const a = step('a', [], {
    run: async ({ progress }: StepContext) => {
      for (let done = 1; done <= 100; done++) {
        progress(MiB(done))
        await clock.sleep(100)
      }
      return { result: 'done' }
    },
  })
  const { engine } = boot([workflow([a])])

  await engine.start(operation('o1'), [])
  await clock.advance(5_000)
  const shown = memory.operations.get('o1')?.steps[0]?.progress
  const ended = await end('o1')

  const durable = memory.entries.flatMap(({ step: at }) => at?.progress?.done ?? [])
  expect(shown).toMatchObject({
    done: expect.any(Number) as number,
    total: 100,
    unit: 'MiB',
  })
  expect(shown?.done).toBeGreaterThan(30)
  expect(durable[0]).toBe(1)
  expect(durable.at(-1)).toBe(100)
  expect(durable).toEqual(durable.toSorted((x, y) => x - y))
  expect(durable.length).toBeLessThanOrEqual(10_000 / PROGRESS_MS + 2)
  expect(ended.steps[0]).toMatchObject({ state: 'done', progress: MiB(100) })
})

test('after a restart, and after a failure, the step is given what it last said', async () => {
  const { boot, clock, end } = bench()
  const given: (number | undefined)[] = []
  let runs = 0
  const a = step('a', [], {
    commit: true,
    run: async ({ progress, reported }: StepContext) => {
      given.push(reported?.done)
      runs++
      progress(MiB(runs * 10))
      if (runs === 1) return never()
      progress(MiB(runs * 10 + 1)) // within the two seconds: durable with the failure
      if (runs === 2) throw new Error('broken')
      return { result: 'done' }
    },
  })
  const workflows = [workflow([a])]
  const first = boot(workflows)
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)
  first.kill()

  await boot(workflows, { takeOverAll: true }).engine.resume()
  const ended = await end('o1')

  expect(given).toEqual([undefined, 10, 21])
  expect(ended.steps[0]?.progress).toMatchObject(MiB(31))
})

test('an undo says how far it is as well, and nothing is written once it is over', async () => {
  const { memory, boot, clock, end } = bench()
  let late: StepContext['progress'] = () => {}
  const a = step('a', [], {
    undo: async ({ progress }: StepContext) => {
      progress(MiB(50))
      late = progress
      return { result: 'done' }
    },
  })
  const { engine } = boot([workflow([a, step('b', [], { fails: () => true })])])

  await engine.start(operation('o1'), [])
  const ended = await end('o1')
  const entries = memory.entries.length
  late(MiB(60))
  await clock.advance(10_000)

  expect(ended.steps[0]).toMatchObject({ state: 'undone', progress: MiB(50) })
  expect(memory.entries).toHaveLength(entries)
})

test('a full disk keeps the step from nothing but its end', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  let isFull = false
  memory.around = (when) => {
    if (when === 'before' && isFull) throw new Error('disk full')
  }
  const a = step('a', said, {
    run: async ({ progress }: StepContext) => {
      isFull = true
      progress(MiB(1))
      await clock.sleep(5_000)
      said.push('worked on')
      return { result: 'done' }
    },
  })
  const { engine } = boot([workflow([a])])

  await engine.start(operation('o1'), [])
  await clock.advance(20_000)
  const meanwhile = { said: [...said], state: memory.operations.get('o1')?.steps[0]?.state }
  isFull = false
  const ended = await end('o1')

  expect(meanwhile).toEqual({ said: ['worked on'], state: 'running' })
  expect(ended).toMatchObject({ state: 'succeeded', steps: [{ progress: MiB(1) }] })
})

test('what is said while the intent is being written is kept beside it', async () => {
  const { memory, boot, end } = bench()
  const a = step('a', [], {
    guard: async ({ progress }: StepContext) => {
      progress(MiB(1)) // is on its way to the log when the guard passes
      return { result: 'passed' }
    },
    run: async () => {
      seen.push(memory.operations.get('o1')?.steps[0])
      return { result: 'done' }
    },
  })
  const seen: unknown[] = []
  const { engine } = boot([workflow([a])])

  await engine.start(operation('o1'), [])
  await end('o1')

  expect(seen).toMatchObject([{ state: 'running', attempts: 1, progress: { done: 1 } }])
})
