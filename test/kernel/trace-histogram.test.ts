/** As Debian's 6.1 prints histograms of NVMe commands, another tool's among them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openCounterFiles } from '../../src/kernel/counter-files.ts'
import type { HistogramSource } from '../../src/kernel/counters.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nvirt-histograms-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const COMMANDS = `# event histogram
#
# trigger info: hist:keys=ctrl_id,qid:vals=hitcount:sort=hitcount:size=2048 [active]
#

{ ctrl_id:          1, qid:          1 } hitcount:        999

Totals:
    Hits: 999
    Entries: 1
    Dropped: 7


# event histogram
#
# trigger info: hist:name=nvirt_commands:keys=ctrl_id,qid:vals=hitcount:sort=hitcount:size=2048 [active]
#

{ ctrl_id:          1, qid:          0 } hitcount:          3
{ ctrl_id:          1, qid:          2 } hitcount:         41
{ ctrl_id:         12, qid:          1 } hitcount:       3000
{ ctrl_id:          1, qid:          5 } hitcount:       4000
{ ctrl_id:          3, qid:          1 } hitcount:       5000

Totals:
    Hits: 12044
    Entries: 5
    Dropped: 0
`

const LATENCY = `# event histogram
#
# trigger info: hist:keys=ctrl,qid,lat.log2:vals=hitcount:sort=hitcount:size=2048 [active]
#

{ ctrl:          1, qid:          2, lat: ~ 2^7  } hitcount:          2
{ ctrl:          1, qid:          1, lat: ~ 2^0  } hitcount:          5
{ ctrl:          0, qid:          1, lat: ~ 2^7  } hitcount:          6
{ ctrl:          1, qid:          1, lat: ~ 2^15 } hitcount:         13
{ ctrl:          1, qid:          2, lat: ~ 2^64 } hitcount:         17

Totals:
    Hits: 43
    Entries: 5
    Dropped: 0
`

test('commands are read of the one histogram that is asked for, whoever else has one there', async () => {
  const reader = openCounterFiles([commandsIn(file('sq', COMMANDS))])

  await reader.read()

  expect([...reader.values]).toEqual([3000, 0, 0, 41, 0, 0])
  await reader.close()
})

test('latencies are counted by powers of two, above the last one too', async () => {
  const path = file('lat', LATENCY)
  const reader = openCounterFiles([
    {
      kind: 'histogram',
      path,
      trigger: 'hist:keys=ctrl,qid,lat.log2',
      buckets: 32,
      controllers: [{ instance: 1, queues: 2 }],
    },
  ])

  await reader.read()

  const [first, second] = [reader.values.subarray(0, 32), reader.values.subarray(32)]
  const seen = (row: Float64Array) =>
    [...row.entries()]
      .filter(([, count]) => count !== 0)
      .map(([b, count]) => `${b}: ${count}`)
  expect(seen(first)).toEqual(['0: 5', '15: 13'])
  expect(seen(second)).toEqual(['7: 2', '31: 17'])
  await reader.close()
})

test('a histogram that is larger than any before is read whole, and the next reading begins anew', async () => {
  const entry = '{ ctrl_id:          1, qid:          4 } hitcount:          1\n'
  const large = COMMANDS.replaceAll(/\{ ctrl_id: +12.*\n/g, entry.repeat(20_000))
  const path = file('large', large)
  const reader = openCounterFiles([commandsIn(path)])

  await reader.read()
  await reader.read()
  expect([...reader.values]).toEqual([0, 0, 0, 41, 0, 20_000])
  writeFileSync(path, COMMANDS)
  await reader.read()

  expect([...reader.values]).toEqual([3000, 0, 0, 41, 0, 0])
  await reader.close()
})

test.for([
  ['has dropped something', COMMANDS.replace('Dropped: 0', 'Dropped: 1')],
  ['is not there', COMMANDS.replace('nvirt_commands', 'other')],
  ['has no end', COMMANDS.slice(0, COMMANDS.lastIndexOf('Totals'))],
  [
    'is followed by another before its end',
    `${COMMANDS.slice(0, COMMANDS.lastIndexOf('Totals'))}${COMMANDS}`,
  ],
  ['is in an empty file', ''],
])('nothing of a histogram that %s is observed', async ([, text = '']) => {
  const path = file('sq', text)
  const reader = openCounterFiles([commandsIn(path)])

  await reader.read()
  expect([...reader.values]).toEqual(Array.from({ length: 6 }, () => NaN))
  writeFileSync(path, COMMANDS)
  await reader.read()

  expect(reader.values[0], 'once it is whole').toBe(3000)
  await reader.close()
})

/** Of nvme12 with two queues, and of nvme1 with four. */
function commandsIn(path: string): HistogramSource {
  return {
    kind: 'histogram',
    path,
    trigger: 'hist:name=nvirt_commands:',
    buckets: 1,
    controllers: [
      { instance: 12, queues: 2 },
      { instance: 1, queues: 4 },
    ],
  }
}

function file(name: string, text: string): string {
  const at = path.join(folder, name)
  writeFileSync(at, text)
  return at
}
