/** Ids of what the service makes: UUIDv7, whose order is that of their making. Source: RFC 9562, 6.2, Method 1. */
import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'
import { systemClock } from './clock.ts'

/** Bytes of chance that an id takes. */
const OF_ONE = 16

/** Fetched for many ids at once: a call for each costs as much as half of an operation's beginning. */
const chance = Buffer.alloc(256 * OF_ONE)
let used = chance.length

/** The millisecond of the last id, and its number within. */
let msecs = -Infinity
let seq = 0

/** A clock that stands still, or was set back, leaves the order as it is. */
export function newId(nowMs: number = systemClock.nowMs()): string {
  const random = takeChance()
  if (nowMs > msecs) {
    msecs = nowMs
    seq = random.readUInt32BE(6) >>> 1
  } else seq++
  return v7({ random, msecs, seq })
}

function takeChance(): Buffer {
  if (used === chance.length) {
    randomFillSync(chance)
    used = 0
  }
  used += OF_ONE
  return chance.subarray(used - OF_ONE, used)
}
