import { expect, test } from 'vitest'
import type { OperationState } from '../../src/saga/operation.ts'
import { hostsAtWork } from '../../src/workflows/hosts-at-work.ts'
import { fakeClock } from '../support/fake-clock.ts'

const operation = (state: OperationState, hostId = 'host') => ({
  id: `of-${hostId}`,
  workflow: 'any',
  version: 1,
  state,
  params: { hostId },
})

test.for<[OperationState, boolean]>([
  ['waiting', false],
  ['running', true],
  ['blocked', false],
  ['undoing', true],
  ['succeeded', false],
  ['undone', false],
  ['stuck', false],
])('a host with an operation that is %s is at work: %s', ([state, expected]) => {
  const hosts = hostsAtWork(fakeClock())
  hosts.note(operation('running'))

  hosts.note(operation(state))

  expect(hosts.isAtWork('host')).toBe(expected)
  expect(hosts.isAtWork('another')).toBe(false)
})

test('a step that takes long leaves its host in peace until the next', async () => {
  const clock = fakeClock()
  const hosts = hostsAtWork(clock)
  hosts.note(operation('running'))

  await clock.advance(999)
  const soon = hosts.isAtWork('host')
  await clock.advance(1)
  const later = hosts.isAtWork('host')
  hosts.note(operation('running'))

  expect([soon, later, hosts.isAtWork('host')]).toEqual([true, false, true])
})
