import { expect, test } from 'vitest'
import { Leaving } from '../../src/saga/leaving.ts'

test('whoever waits by its signal is told, whether it was asked for before or after', () => {
  const leaving = new Leaving()
  const early = leaving.signal
  const reason = new Error('enough')

  leaving.abort(reason)

  expect([early.aborted, early.reason]).toEqual([true, reason])
  expect(new Set([early, leaving.signal]).size).toBe(1)

  const late = new Leaving()
  late.abort(reason)
  expect(late.signal.reason).toBe(reason)
})

test('the first reason counts', () => {
  const leaving = new Leaving()
  const first = new Error('first')
  leaving.throwIfAborted()

  leaving.abort(first)
  leaving.abort(new Error('second'))

  expect(() => leaving.throwIfAborted()).toThrow(first)
  expect(leaving.signal.reason).toBe(first)
})
