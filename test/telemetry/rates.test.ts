import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  meanLatencyMs,
  progress,
  ratesPerSecond,
  shareCommands,
} from '../../src/telemetry/rates.ts'

test('a counter that went backwards has no rate, its neighbours have one', () => {
  const out = new Float64Array(2)

  ratesPerSecond(Float64Array.of(100, 100), Float64Array.of(99, 300), 2, out)

  expect([...out]).toEqual([NaN, 100])
})

test('commands are shared out by interrupts, a silent queue gets none', () => {
  const out = new Float64Array(3)

  shareCommands(600, Float64Array.of(10, 0, 20), out)

  expect([...out]).toEqual([200, 0, 400])
})

test('a device that completed nothing had no commands on any queue', () => {
  const out = new Float64Array(2).fill(7)

  shareCommands(0, Float64Array.of(0, 0), out)

  expect([...out]).toEqual([0, 0])
})

test('commands without interrupts cannot be shared out: not observed, not zero', () => {
  const out = new Float64Array(2)

  shareCommands(500, Float64Array.of(0, 0), out)

  expect([...out]).toEqual([NaN, NaN])
})

test('one unobserved queue makes every share unknown', () => {
  const out = new Float64Array(2)

  shareCommands(500, Float64Array.of(NaN, 5), out)

  expect([...out]).toEqual([NaN, NaN])
})

test('the shares always sum to the device count', () => {
  const interrupts = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), {
    minLength: 1,
    maxLength: 128,
  })
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 1e7, noNaN: true }),
      interrupts,
      (rate, column) => {
        fc.pre(column.reduce((sum, value) => sum + value, 0) > 1e-6)
        const out = new Float64Array(column.length)

        shareCommands(rate, Float64Array.from(column), out)

        const sum = out.reduce((total, value) => total + value, 0)
        expect(Math.abs(sum - rate)).toBeLessThan(rate * 1e-9)
      }
    )
  )
})

test('a latency exists only where something completed', () => {
  expect(meanLatencyMs(30, 10)).toBe(3)
  expect(meanLatencyMs(0, 0)).toBeNaN()
  expect(meanLatencyMs(progress(10, 20), progress(5, 2))).toBeNaN()
})
