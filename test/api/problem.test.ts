import { expect, test } from 'vitest'
import { problemOf } from '../../src/api/problem.ts'
import type { AnyTrouble } from '../../src/api/problem.ts'
import { fieldErrors } from '../../src/api/validation-errors.ts'

const refusal = {
  check: 'namespace-mounted',
  device: 'nvme0n1',
  reason: 'it is mounted at /srv',
  remedy: 'Unmount /srv',
}

test.for<[AnyTrouble, number, object]>([
  [
    {
      kind: 'wrong-state',
      resource: 'assignment',
      id: 'a',
      state: 'released',
      allowedFrom: ['ready'],
    },
    409,
    {
      state: 'released',
      allowedFrom: ['ready'],
      remedy: 'It can be done when it is ready',
    },
  ],
  [
    { kind: 'guard', refusals: [refusal] },
    409,
    { refusals: [refusal], remedy: 'Unmount /srv' },
  ],
  [
    {
      kind: 'insufficient-resources',
      device: '0000:01:00.0',
      resource: 'vq',
      requested: 9,
      available: 4,
    },
    507,
    {
      requested: 9,
      available: 4,
      detail: '0000:01:00.0 has 4 VQ to give, 9 were asked for',
    },
  ],
  [{ kind: 'host-away', hostId: 'h', why: 'no answer' }, 503, { hostId: 'h' }],
  [{ kind: 'bug' }, 500, { type: 'urn:nvirt:problem:bug' }],
])('%o becomes a problem with its members', ([trouble, status, members]) => {
  expect(problemOf(trouble, 'r1')).toMatchObject({
    status,
    instance: 'urn:uuid:r1',
    title: expect.any(String),
    ...members,
  })
})

test('the detail says what nvirt was doing', () => {
  const problem = problemOf(
    { kind: 'not-found', resource: 'host', id: 'x' },
    'r1',
    'rescanning'
  )

  expect(problem.detail).toBe('Rescanning: there is no host x')
})

test('fields are named as a program would write them', () => {
  const errors = [
    {
      instancePath: '/virtualFunctions/0/ioQueuePairs',
      keyword: 'minimum',
      params: {},
      message: 'must be >= 1',
    },
    {
      instancePath: '/virtualFunctions/1',
      keyword: 'required',
      params: { missingProperty: 'namespaceIds' },
    },
    {
      instancePath: '',
      keyword: 'additionalProperties',
      params: { additionalProperty: 'foo' },
    },
    { instancePath: '', keyword: 'type', params: {}, message: 'must be object' },
  ]

  expect(fieldErrors(errors, 'body')).toEqual([
    { field: 'virtualFunctions[0].ioQueuePairs', message: 'must be >= 1' },
    { field: 'virtualFunctions[1].namespaceIds', message: 'is required' },
    { field: 'foo', message: 'is not known here' },
    { field: 'body', message: 'must be object' },
  ])
})
