/** Writes in threads, on real files; a FIFO without a reader is one that hangs in the kernel. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { realKernel } from '../../src/kernel/real-kernel.ts'
import { eventually } from '../support/eventually.ts'

let folder: string
let kernel: Kernel

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nvirt-together-'))
  kernel = realKernel({ clock: systemClock, laneFolder: at('lanes') })
  writeFileSync(at('attribute'), '')
  execFileSync('mkfifo', [at('fifo')])
})

afterEach(async () => {
  await kernel.close()
  rmSync(folder, { recursive: true })
})

const soon = { deadlineMs: 10_000 }

test('they are made while one of them hangs, and end with it', async () => {
  const calls = [write('fifo', 'late'), write('attribute', '7')]

  const together = kernel.lane('bus').callTogether(calls, soon)
  await eventually(
    'the other is made',
    () => readFileSync(at('attribute'), 'utf8') === '7' || undefined
  )
  const record = readFileSync(at('lanes/bus.call'), 'utf8')
  expect(await readFile(at('fifo'), 'utf8')).toBe('late')

  expect(await together).toEqual({ done: true, answer: null })
  expect(JSON.parse(record), 'of a former service').toMatchObject({ call: calls[0] })
  expect(readFileSync(at('lanes/bus.call'), 'utf8')).toBe('')
})

test('one that hangs is reported, and the lane is free once all have come back', async () => {
  const lane = kernel.lane('bus')
  await lane.call({ call: 'exists', path: '/' }, soon)
  const calls = [write('attribute', '7'), write('fifo', 'late')]

  const hanging = await lane.callTogether(calls, { deadlineMs: 50 })

  expect(hanging).toMatchObject({ done: false, blocked: { call: calls[0] } })
  expect(await lane.call(write('attribute', '8'), soon)).toEqual(hanging)
  expect(await readFile(at('fifo'), 'utf8')).toBe('late')
  await eventually(
    'the lane is free',
    async () => (await lane.blockedBy()) === undefined || undefined
  )
  expect(readFileSync(at('attribute'), 'utf8')).toBe('7')
})

test('the errno of the first that failed is passed on, and the others are made', async () => {
  const calls = [write('missing', '1'), write('attribute', '8'), write('attribute/x', '1')]

  const together = kernel.lane('bus').callTogether(calls, soon)

  await expect(together).rejects.toMatchObject({
    name: 'KernelError',
    errno: 'ENOENT',
    path: at('missing'),
  })
  expect(readFileSync(at('attribute'), 'utf8')).toBe('8')
})

function write(name: string, text: string) {
  return { call: 'write', path: at(name), text } as const
}

function at(name: string): string {
  return path.join(folder, name)
}
