/** A process that dies at any of its commits, and a machine that is no more as it left it when the next one starts. */
import { expect, test } from 'vitest'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { sampleAtSize } from '../support/test-size.ts'
import { diskIfAny } from './by-hand.ts'
import { CASES, cleanRun, killedAt, type Case } from './killed.ts'
import { makeWorld, virtualFunctionOf, type World } from './world.ts'

const WITHIN_MS = 120_000

/** In the normal size a few of the commits of each, these by their seed. */
const AFTER_REBOOT = [
  ['the same drives', labLikeHost(), 0],
  ['other drives in their slots', otherDrives(), 2],
] as const

const { retiring, assigning, releasing } = CASES

test.for(Object.entries({ retiring, assigning, releasing }))(
  'killed at any commit of %s, a disk that was mounted before the next process starts is not torn away',
  { timeout: WITHIN_MS },
  async ([, one]) => {
    const { commits, goal } = await cleanRun(one)
    let mounted = 0

    for (const lives of sampleAtSize(livesIn(commits), 0, 2)) {
      const { world, store, operation, found } = await killedAt(one, lives)
      const next = await world.succeededBy(store)
      const isMounted = await mountIfThere(next, one)
      await next.workflows.resume()
      const { state } = await next.end(operation)

      const machine = world.machine.snapshot()
      const what = `killed at commit ${lives}, ${isMounted ? 'mounted' : 'no disk'}`
      expect(machine, what).toEqual(state === 'succeeded' ? goal : found)
      if (!isMounted) expect(state, what).toBe('succeeded')
      else expect(machine.functions[one.disk.fn]?.driver, what).toBe('nvme')
      mounted += Number(isMounted)
    }

    expect(mounted, 'there was something to mount').toBeGreaterThan(0)
    expect(mounted).toBeLessThan(commits)
  }
)

test.for(
  Object.entries(CASES).flatMap(([name, one]) =>
    AFTER_REBOOT.map(([drives, host, seed]) => [name, drives, one, host, seed] as const)
  )
)(
  'killed at any commit of %s, and the host started again with %s, nothing of it is written to',
  { timeout: WITHIN_MS },
  async ([, , one, description, seed]) => {
    const { commits } = await cleanRun(one)

    for (const lives of sampleAtSize(livesIn(commits), seed, 4)) {
      const { store, operation } = await killedAt(one, lives)
      const next = await makeWorld(store, { description, seed: 2 })
      const found = next.machine.snapshot()
      await next.workflows.resume()
      const end = await next.end(operation)

      expect(next.machine.transcript, `killed at commit ${lives}`).toEqual([])
      expect(next.machine.snapshot(), `killed at commit ${lives}`).toEqual(found)
      expectNothingPromised(next, end)
    }
  }
)

/** Every commit but the last, after which nothing is left to do. */
function livesIn(commits: number): readonly number[] {
  return Array.from({ length: commits - 1 }, (_, at) => at + 1)
}

async function mountIfThere(world: World, { disk }: Case): Promise<boolean> {
  const name = await diskIfAny(world, disk)
  if (name !== undefined) world.machine.mount(name, '/srv/precious')
  return name !== undefined
}

/** What is stuck says so, and what was undone is in nobody's hands but those that had it. */
function expectNothingPromised(world: World, { state, committed }: OperationView): void {
  const { provisioned } = virtualFunctionOf(world, 1)
  if (state === 'stuck') {
    expect(committed).toBe(true)
    expect(provisioned?.quarantine).toContain('it could not be retired')
  }
  if (state === 'undone') expect(provisioned?.quarantine).toBeUndefined()
}

/** Another drive in each slot of the lab's host. */
function otherDrives(): HostDescription {
  const host = labLikeHost()
  return {
    ...host,
    subsystems: host.subsystems.map((drive) => ({
      ...drive,
      serial: `${drive.serial}-B`,
      nqn: `${drive.nqn}-b`,
    })),
  }
}
