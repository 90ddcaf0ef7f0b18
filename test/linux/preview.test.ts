import { expect, test } from 'vitest'
import type { DeviceName } from '../../src/emulator/devices/device-policy.ts'
import type { HostChange } from '../../src/host/change.ts'
import { questionOf, type Found, type KernelWrite } from '../../src/host/preview.ts'
import type { KernelCall } from '../../src/kernel/call.ts'
import { commandFields } from '../../src/nvme/command-fields.ts'
import { pf, plain, vf1 } from './captured-host.ts'
import {
  applied,
  CLEAN,
  emulatedHost,
  PROVISION,
  RESIZE,
  RETIRE,
  TRACE,
  type EmulatedHost,
} from './emulated-host.ts'
import { labWith } from '../support/lab-with.ts'

const DEVICES: readonly DeviceName[] = ['qemu-7.2', 'qemu-10', 'specification', 'pm1733']

test.for(DEVICES)(
  'on %s a change writes what its preview says, and a preview nothing',
  async (device) => {
    const world = await emulatedHost(labWith(device))
    const { transcript } = world.machine

    for (const change of [...RESIZE, ...PROVISION, ...RETIRE, ...CLEAN, ...TRACE]) {
      const before = transcript.length
      const previewed = await previewOf(world, change)
      expect(transcript, `previewing ${change.change}`).toHaveLength(before)
      const outcome = await applied(world, change)

      const certain = previewed.filter(({ onlyIf }) => onlyIf === null)
      const calls = transcript.slice(before).filter(isWrite)
      const written = joined(calls.map((call) => asWrite(call, change)))
      expect(written, change.change).toEqual(certain.map(({ write }) => write))
      // Of blocks an outcome names the disk, which a preview does not know.
      if (certain.some(({ write }) => write.to === 'blocks')) continue
      const writes = certain.map(({ inWords }) => inWords)
      expect(outcome).toEqual({ outcome: 'done', writes })
    }
    expect(transcript.length).toBeGreaterThan(30)
  }
)

test('what is previewed depends on what is said to be found, not on what is there', async () => {
  const world = await emulatedHost()
  const binding = { driver: 'nvme', override: 'nvme' }

  const writes = await world.host.preview({ change: 'unbind', fn: vf1 }, { binding })

  expect(writes).toEqual([
    {
      inWords: `write /sys/bus/pci/drivers/nvme/unbind "${vf1}"`,
      write: { to: 'sysfs', path: '/sys/bus/pci/drivers/nvme/unbind', text: vf1 },
      predicted: true,
      onlyIf: null,
    },
  ])
})

test('a probe says what is written where the first way does nothing', async () => {
  const { host } = await emulatedHost()
  const change = { change: 'probe', fn: plain, expectDriver: 'nvme' } as const

  const writes = await host.preview(change, { binding: { driver: null, override: null } })

  expect(writes.map(({ write, onlyIf }) => [write, onlyIf])).toEqual([
    [{ to: 'sysfs', path: '/sys/bus/pci/drivers_probe', text: plain }, null],
    [
      { to: 'sysfs', path: '/sys/bus/pci/drivers/nvme/bind', text: plain },
      `${plain} has no driver by then`,
    ],
  ])
})

test('what could not be done is not previewed', async () => {
  const { host } = await emulatedHost()
  const bound = { driver: 'vfio-pci', override: 'vfio-pci' }

  const probing = host.preview(
    { change: 'probe', fn: pf, expectDriver: 'nvme' },
    { binding: bound }
  )
  const online = host.preview(
    { change: 'bringOnline', pf, cntlid: 99 },
    { secondaries: { secondaries: [] } }
  )

  await expect(probing).rejects.toMatchObject({ failure: { kind: 'driver-did-not-bind' } })
  await expect(online).rejects.toMatchObject({ failure: { kind: 'gone' } })
})

async function previewOf(
  { host }: Pick<EmulatedHost, 'host'>,
  change: HostChange
): Promise<readonly KernelWrite[]> {
  const question = questionOf(change)
  if (question === null) return host.preview(change, {})
  const reply = await host.ask(question)
  if (!reply.answered) throw new Error('nothing hangs')
  const found: Found = { [question.read]: reply.answer }
  return host.preview(change, found)
}

test('a command is told by its fields', async () => {
  const { host } = await emulatedHost()
  const sent = await previewOf(
    { host },
    { change: 'assignResources', pf, cntlid: 3, resource: 'vi', count: 5 }
  )
  const format = CLEAN.find(({ change }) => change === 'formatNamespace')
  if (!format) throw new Error('nothing is formatted')
  const interleaved = { type: 2, first: true }
  const formatted = { formatIndex: 19, metadataInterleaved: true, protection: interleaved }

  const formatting = await host.preview(format, { format: { format: formatted } })

  const fields = (writes: readonly KernelWrite[]) =>
    writes.map(({ write }) => (write.to === 'nvme' ? write.fields : write.to))
  expect(fields(sent)).toEqual([{ CNTLID: 3, RT: 1, ACT: 8, NR: 5 }])
  expect(fields(formatting)).toEqual([
    { NSID: 2, LBAFU: 1, SES: 1, PIL: 1, PI: 2, MSET: 1, LBAFL: 3 },
  ])
})

/** A disk that is held is opened, and nothing on it written. */
function isWrite({ call }: KernelCall): boolean {
  return call !== 'holdDisk' && call !== 'letGoDisk'
}

/** Zeroes are written in pieces. */
function joined(writes: readonly Write[]): readonly Write[] {
  return writes.reduce<readonly Write[]>((before, write) => {
    const last = before.at(-1)
    if (write.to !== 'blocks' || last?.to !== 'blocks') return [...before, write]
    const isNext = last.content === 'zeroes' && last.offset + last.length === write.offset
    if (!isNext || write.content !== 'zeroes') return [...before, write]
    return [...before.slice(0, -1), { ...last, length: last.length + write.length }]
  }, [])
}

type Write = KernelWrite['write']

/** As a plan has it. */
function asWrite(call: KernelCall, change: HostChange): Write {
  if (call.call === 'write') return { to: 'sysfs', path: call.path, text: call.text }
  if (call.call === 'writeBlocks' || call.call === 'writeZeroes') {
    if (!('fn' in change && 'nsid' in change))
      throw new Error(`${change.change} has no disk`)
    const { fn: through, nsid } = change
    const isMarker = call.call === 'writeBlocks'
    const length = isMarker ? call.bytes.length : call.length
    const content = isMarker ? 'marker' : 'zeroes'
    return { to: 'blocks', through, nsid, offset: call.offset, length, content }
  }
  if (call.call !== 'admin') throw new Error(`${call.call} changes nothing`)
  const { opcode, nsid = 0, cdw10 = 0, cdw11 = 0, dataOut } = call.command
  let data = dataOut ? Buffer.from(dataOut).toString('hex') : null
  while (data?.endsWith('00')) data = data.slice(0, -2)
  const fields = commandFields(call.command)
  return { to: 'nvme', device: call.device, opcode, nsid, cdw10, cdw11, fields, data }
}
