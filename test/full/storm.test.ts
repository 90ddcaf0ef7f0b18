/** A storm over a fleet, which wants the machine for itself; test/workflows/storm.test.ts is a small one. */
import { testsOfStorm } from '../workflows/storm/expectations.ts'

testsOfStorm({
  size: { hosts: 50, operations: 2_000, atOnce: 200, troubles: 24, restarts: 5 },
  ofEachKind: 20,
  interrupted: 20,
  withinMs: 180_000,
})
