import { expect, test } from 'vitest'
import type { OperationState } from '../../src/saga/operation.ts'
import { functionsInHand } from '../../src/workflows/functions-in-hand.ts'
import { memoryStore } from './memory-store.ts'

const operation = (workflow: string, vf: string, state: OperationState = 'running') => ({
  id: `${workflow} ${vf}`,
  workflow,
  version: 1,
  state,
  params: { holds: { exclusive: [vf], shared: ['primary'] } },
})

test.for([
  ['provision-virtual-functions', 'vfs'],
  ['restore-virtual-function', 'vfs'],
  ['retire-virtual-function', 'vfs'],
  ['release-assignment', 'stays'],
  ['assign-function', 'stays'],
  ['adopt-virtual-function', 'stays'],
] as const)(
  '%s decides about its VF, and has of the primary: %s',
  ([workflow, expected]) => {
    const hands = functionsInHand(memoryStore())

    hands.note(operation(workflow, 'vf'))

    expect(['vf', 'primary', 'another'].map(hands.of)).toEqual(['all', expected, 'nothing'])
  }
)

test('of several operations the one that may change more counts, until it has ended', () => {
  const hands = functionsInHand(memoryStore())
  hands.note(operation('release-assignment', 'vf1', 'blocked'))
  hands.note(operation('retire-virtual-function', 'vf2'))

  const both = hands.of('primary')
  hands.note(operation('retire-virtual-function', 'vf2', 'succeeded'))

  expect([both, hands.of('primary'), hands.of('vf2')]).toEqual(['vfs', 'stays', 'nothing'])
})
