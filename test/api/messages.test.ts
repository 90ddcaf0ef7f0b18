import fc from 'fast-check'
import { expect, test } from 'vitest'
import { problemOf } from '../../src/api/problem.ts'
import { readMessage } from '../../src/api/socket/messages.ts'

const subscribe = { type: 'subscribe', id: 's1', hostIds: ['h'], periodMs: 1000 }

test('a subscription is read as it was sent', () => {
  expect(readMessage(JSON.stringify(subscribe))).toEqual(subscribe)
})

test.for([
  ['not JSON', 'hello', 'malformed', undefined],
  ['not an object', '[1]', 'malformed', undefined],
  ['of an unknown type', '{"type":"dance","id":"x"}', 'type', 'x'],
  ['without an id', '{"type":"unsubscribe"}', 'id', undefined],
  [
    'with a field too many',
    JSON.stringify({ ...subscribe, colour: 'red' }),
    'colour',
    's1',
  ],
  [
    'with a wrong type',
    JSON.stringify({ ...subscribe, periodMs: '1000' }),
    'periodMs',
    's1',
  ],
  [
    'with a wrong id',
    JSON.stringify({ ...subscribe, hostIds: ['h', 3] }),
    'hostIds[1]',
    's1',
  ],
] as const)('a message %s is refused by name', ([, data, field, id]) => {
  const read = readMessage(data)

  expect(read).toHaveProperty('trouble')
  if (!('trouble' in read)) return
  expect(read.id).toBe(id)
  const problem = problemOf(read.trouble, 'request')
  expect(problem.status).toBe(400)
  if (field !== 'malformed') {
    expect(problem.errors?.map((error) => error.field)).toContain(field)
  }
})

test('no message makes the reader throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (data) => {
      expect(readMessage(data)).toBeTypeOf('object')
    })
  )
})
