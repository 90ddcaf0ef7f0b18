import { expect, test } from 'vitest'
import { bench, operation, step, workflow } from './bench.ts'
import { never } from './memory-log.ts'

test('until the opening what is taken over holds its locks, and does nothing', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  const hangsOnce = step('a', said, {
    run: async () => (said.push('+a') === 1 ? never() : { result: 'done' }),
  })
  const workflows = [workflow([hangsOnce], { locks: () => ['function:1'] })]
  const first = boot(workflows)
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)
  first.kill()
  let open = () => {}
  const opening = new Promise<void>((resolve) => (open = resolve))

  const { engine } = boot(workflows, { takeOverAll: true, opening })
  await engine.resume()
  const later = await engine.start(operation('o2'), [])
  await clock.advance(1_000)
  const before = [...said]
  open()
  await end('o2')

  expect(later.waitsFor).toEqual(['o1'])
  expect(before).toEqual(['+a'])
  expect(said).toEqual(['+a', '+a', '+a'])
})
