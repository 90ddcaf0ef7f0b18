/**
 * A service that can be killed: makes one call in the lane `bus`, says `asked` once it is under way, and stays. SIGTERM closes
 * its kernel, after which nothing keeps it.
 *
 * Arguments: lane folder, call as JSON.
 */
import { readFileSync, writeSync } from 'node:fs'
import { systemClock } from '../../src/clock.ts'
import type { KernelCall } from '../../src/kernel/call.ts'
import { realKernel } from '../../src/kernel/real-kernel.ts'
import { eventually } from './eventually.ts'

const [laneFolder = '', callText = ''] = process.argv.slice(2)
const call = JSON.parse(callText) as KernelCall
const kernel = realKernel({ clock: systemClock, laneFolder })

const answered = kernel.lane('bus').call(call, { deadlineMs: 60_000 })
await Promise.race([answered, eventually('the call is recorded', isRecorded)])
const stay = setInterval(() => {}, 1_000)
process.once('SIGTERM', () => {
  clearInterval(stay)
  void kernel.close()
})
// Last: who hears it may send the signal at once.
writeSync(1, 'asked\n')

function isRecorded(): true | undefined {
  try {
    return readFileSync(`${laneFolder}/bus.call`, 'utf8') !== '' || undefined
  } catch {
    return undefined
  }
}
