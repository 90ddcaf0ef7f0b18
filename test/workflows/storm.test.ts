/** A small storm; test/full/storm.test.ts is one over a fleet. */
import { testsOfStorm } from './storm/expectations.ts'

testsOfStorm({
  size: { hosts: 6, operations: 150, atOnce: 20, troubles: 3, restarts: 2 },
  ofEachKind: 1,
  interrupted: 2,
  withinMs: 180_000,
})
