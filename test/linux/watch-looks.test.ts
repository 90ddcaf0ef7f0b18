/** What a watch looks at while nothing tells of a change, and how often. */
import { expect, test } from 'vitest'
import { capturedHost, pf, type CapturedHost } from './captured-host.ts'
import { countersOfPrimary, PERIOD_MS, watching } from './watching.ts'

const CONTROLLER = '/sys/class/nvme/nvme0'

/** Paths that were read, as they come. */
function readsOf({ machine: { kernel } }: CapturedHost): string[] {
  const paths: string[] = []
  const { call } = kernel
  kernel.call = (asked) => {
    if ('path' in asked) paths.push(asked.path)
    return call(asked)
  }
  return paths
}

test('a controller that is not live any more is noticed within a second, though no uevent tells', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { last } = await watching(world, [pf])

  world.machine.files.text(`${CONTROLLER}/state`, 'resetting\n')
  await world.clock.advance(1000)

  expect(last()?.observed).toMatchObject({ observed: false, why: 'controller-not-live' })
})

test('so are other queues of it', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { last } = await watching(world, [pf])

  world.machine.files.text(`${CONTROLLER}/queue_count`, '2\n')
  await world.clock.advance(1000)

  const observed = last()?.observed
  expect(observed?.queues?.qid).toEqual(Float64Array.of(1))
})

test('while all is as it was three things are read each second', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  await watching(world, [pf])

  const paths = readsOf(world)
  await world.clock.advance(1000)

  expect(paths.filter((path) => path.startsWith(CONTROLLER))).toEqual([
    `${CONTROLLER}/state`,
    `${CONTROLLER}/queue_count`,
    CONTROLLER,
  ])
})

test('another watch of a controller has the CPUs of its queues from the first', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const first = await watching(world, [pf])
  const paths = readsOf(world)

  const second = await watching(world, [pf])

  const cpusOf = (one: typeof first) => one.frames[0]?.observed.queues?.cpus
  expect(cpusOf(first)?.length).toBe(2)
  expect(cpusOf(second)).toEqual(cpusOf(first))
  expect(paths.filter((path) => path.endsWith('cpu_list'))).toEqual([])
  await world.clock.advance(PERIOD_MS)
})
