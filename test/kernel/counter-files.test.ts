import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openCounterFiles } from '../../src/kernel/counter-files.ts'
import { BLOCK_STAT } from '../../src/kernel/counters.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nvirt-counters-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const STAT =
  '     144        1     5856       95        7        2       56       12        3      108      107        0        0        0        0        0        0\n'

/** As Debian's 6.1 prints it; reserved tags of other drivers follow in the same form. */
const TAGS = `nr_tags=1023
nr_reserved_tags=1
active_queues=0

bitmap_tags:
depth=1023
busy=17
cleared=0
bits_per_word=64

breserved_tags:
depth=1
busy=1
`

const INTERRUPTS = `           CPU0       CPU1       CPU2       CPU3
  0:         41          0          0          0  IR-IO-APIC    2-edge      timer
 33:         12          0          0          0  IR-PCI-MSI 524288-edge      nvme0q0
 40:          1          2          3 4000000000  IR-PCI-MSI 524290-edge      nvme0q2
 44:          0          0         31          0  IR-PCI-MSI 528384-edge      nvme3q0, nvme3q1
 45:          5          6          0          0  IR-PCI-MSIX-0000:01:00.1   1-edge      vfio-msix[1](0000:01:00.1)
NMI:          0          0          0          0   Non-maskable interrupts
ERR:          0
MIS:          7
`

test('block statistics are the first eleven numbers', async () => {
  const reader = openCounterFiles([{ kind: 'blockStat', path: file('stat', STAT) }])

  await reader.read()

  expect([...reader.values]).toEqual([144, 1, 5856, 95, 7, 2, 56, 12, 3, 108, 107])
  expect(reader.values[BLOCK_STAT.inFlight]).toBe(3)
  await reader.close()
})

test('requests in flight are the busy tags that are not reserved', async () => {
  const reader = openCounterFiles([{ kind: 'tagsBusy', path: file('tags', TAGS) }])

  await reader.read()

  expect([...reader.values]).toEqual([17])
  await reader.close()
})

describe('interrupts', () => {
  test('are summed over CPUs, by name, also where handlers share one', async () => {
    const names = ['nvme0q2', 'nvme3q1', 'nvme3q0', 'vfio-msix[1](0000:01:00.1)', 'nvme0q0']
    const reader = openCounterFiles([{ kind: 'interrupts', names }], {
      interrupts: file('irq', INTERRUPTS),
    })

    await reader.read()

    expect([...reader.values]).toEqual([4000000006, 31, 31, 11, 12])
    await reader.close()
  })

  test('that have no line are not observed, and no part of another name', async () => {
    const names = ['nvme0q', 'vme0q0', 'nvme9q1', '']
    const reader = openCounterFiles([{ kind: 'interrupts', names }], {
      interrupts: file('irq', INTERRUPTS),
    })

    await reader.read()

    expect([...reader.values].every(Number.isNaN)).toBe(true)
    await reader.close()
  })

  test('of a table larger than the buffer are all found', async () => {
    const lines = Array.from(
      { length: 5000 },
      (_, n) => ` ${n}: ${n} 1 chip ${n}-edge nvme${n}q1`
    )
    const text = ['  CPU0 CPU1', ...lines, ''].join('\n')
    const names = ['nvme0q1', 'nvme2500q1', 'nvme4999q1']
    const reader = openCounterFiles([{ kind: 'interrupts', names }], {
      interrupts: file('irq', text),
    })

    await reader.read()

    expect([...reader.values]).toEqual([1, 2501, 5000])
    await reader.close()
  })
})

test('sources stand one after the other, and each tick fills the same column', async () => {
  const stat = file('stat', STAT)
  const tags = file('tags', TAGS)
  const irq = file('irq', INTERRUPTS)
  const reader = openCounterFiles(
    [
      { kind: 'tagsBusy', path: tags },
      { kind: 'interrupts', names: ['nvme0q0'] },
      { kind: 'blockStat', path: stat },
      { kind: 'interrupts', names: ['nvme3q0', 'nvme0q0'] },
    ],
    { interrupts: irq }
  )
  const column = reader.values

  await reader.read()
  expect([...column]).toEqual([17, 12, 144, 1, 5856, 95, 7, 2, 56, 12, 3, 108, 107, 31, 12])

  file('tags', TAGS.replace('busy=17', 'busy=0'))
  file('irq', INTERRUPTS.replace(' 12 ', ' 13 '))
  await reader.read()
  expect(reader.values).toBe(column)
  expect([...column].slice(0, 3)).toEqual([0, 13, 144])
  expect(column[14]).toBe(13)
  await reader.close()
})

test('a source that is not there, goes, or comes back short is not observed, until it is whole again', async () => {
  const stat = path.join(folder, 'stat')
  const tags = file('tags', TAGS)
  const reader = openCounterFiles([
    { kind: 'blockStat', path: stat },
    { kind: 'tagsBusy', path: tags },
  ])

  await reader.read()
  expect([...reader.values]).toEqual([...Array.from({ length: 11 }, () => NaN), 17])

  file('stat', STAT)
  await reader.read()
  expect(reader.values[0]).toBe(144)

  file('stat', '1 2 3\n')
  file('tags', 'nr_tags=1023\n')
  await reader.read()
  expect([...reader.values].every(Number.isNaN)).toBe(true)

  file('tags', TAGS)
  await reader.read()
  expect(reader.values[11]).toBe(17)
  await reader.close()
})

test('before the first read nothing is observed', async () => {
  const reader = openCounterFiles([{ kind: 'blockStat', path: file('stat', STAT) }])

  expect([...reader.values].every(Number.isNaN)).toBe(true)
  await reader.close()
})

/** Rewrites in place: a kept descriptor sees it. */
function file(name: string, text: string): string {
  const whole = path.join(folder, name)
  writeFileSync(whole, text)
  return whole
}
