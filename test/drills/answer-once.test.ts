/** A drill with a key, where something goes between the emulator and the answer: it is held at most once. */
import { expect, test } from 'vitest'
import { SYSTEM } from '../../src/access/caller.ts'
import { createDrills } from '../../src/drills/service.ts'
import { HostDriverError, type HostFailure } from '../../src/host/driver.ts'
import type { Drills, MachineEvent } from '../../src/host/drills.ts'
import type { Store } from '../../src/store/store.ts'
import { temporaryStore } from '../store/temporary-store.ts'
import { fakeClock } from '../support/fake-clock.ts'

const HOST = 'host-1'
const KEY = { key: 'once', requestHash: 'reboot' }
const REBOOT = { event: { event: 'reboot' } } as const

/** An emulator that keeps what has happened to it. @param goes at the first reboot, before or after that */
function emulator(goes?: 'before' | 'after') {
  const happened: MachineEvent[] = []
  const away = (failure: HostFailure) => new HostDriverError('firing', failure)
  let isFirst = true
  const nothing = () => Promise.reject(new Error('nobody asks for that here'))
  const port: Drills = {
    arm: nothing,
    armed: nothing,
    takeBack: nothing,
    fire: async (event) => {
      const now = isFirst ? goes : undefined
      isFirst = false
      if (now === 'before') throw away({ kind: 'gone', what: HOST })
      happened.push(event)
      if (now === 'after') throw away({ kind: 'kernel-refused', errno: 'EIO' })
      return { fired: true }
    },
  }
  return { port, happened }
}

function drillsOf(port: Drills, store: Store) {
  const drills = createDrills({
    allowed: true,
    portOf: () => port,
    store,
    clock: fakeClock(),
  })
  return { reboot: () => drills.start(SYSTEM, HOST, REBOOT, KEY) }
}

/** It cannot be written to when the first event comes. */
function failingOnce(store: Store): Store {
  let isOver = false
  return {
    ...store,
    commit: async (writes) => {
      if (isOver || !writes.some(({ write }) => write === 'appendEvent')) {
        return store.commit(writes)
      }
      isOver = true
      throw new Error('the disk is full')
    },
  }
}

const NO_ANSWER = { trouble: { kind: 'idempotency-conflict', unanswered: true } }
const AWAY = { trouble: { kind: 'host-away' } }

const fired = (store: Store) =>
  store.read.events(null, 0, 100).filter(({ type }) => type === 'host.drill-fired')

test('a reboot whose emulator went before it answered is not made to happen again', async () => {
  const { port, happened } = emulator('after')
  const { reboot } = drillsOf(port, await temporaryStore())

  await expect(reboot()).rejects.toMatchObject(AWAY)
  await expect(reboot()).rejects.toMatchObject(NO_ANSWER)

  expect(happened).toHaveLength(1)
})

test('a reboot that could not be told of is not made to happen again', async () => {
  const { port, happened } = emulator()
  const { reboot } = drillsOf(port, failingOnce(await temporaryStore()))

  await expect(reboot()).rejects.toThrow('the disk is full')
  await expect(reboot()).rejects.toMatchObject(NO_ANSWER)

  expect(happened).toHaveLength(1)
})

test('an emulator that was not there is asked again with the same key', async () => {
  const { port, happened } = emulator('before')
  const store = await temporaryStore()
  const { reboot } = drillsOf(port, store)

  await expect(reboot()).rejects.toMatchObject(AWAY)
  const held = await reboot()
  const again = await reboot()

  expect(held).toMatchObject({ hostId: HOST, ...REBOOT, over: true })
  expect(again).toEqual(held)
  expect(happened).toHaveLength(1)
  expect(fired(store)).toHaveLength(1)
})
