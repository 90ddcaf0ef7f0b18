/**
 * A machine of files: the sysfs of Linux 6.1 on QEMU 7.2 as it was captured (an SR-IOV controller with two of its eight
 * VFs enabled, and a plain one), and admin commands answered from a small state. It does what a test tells it to do and
 * no more; how drives and kernels behave is the emulator's business.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../src/clock.ts'
import type {
  AdminAnswer,
  AdminCommand,
  DescriptorHolder,
  KernelAnswer,
  KernelAnswers,
  KernelCall,
} from '../../src/kernel/call.ts'
import {
  counterLength,
  type CounterReader,
  type CounterSource,
} from '../../src/kernel/counters.ts'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import type { BlockedCall, Kernel, Lane, Uevent } from '../../src/kernel/kernel.ts'
import { neverBlocks } from '../../src/kernel/never-blocks.ts'
import { queueLane } from '../../src/kernel/queue-lane.ts'
import { loadCapture } from './capture-text.ts'
import { FileTree } from './file-tree.ts'

export const PF = '0000:01:00.0'
export const VF1 = '0000:01:00.1'
export const VF2 = '0000:01:00.2'
export const PLAIN = '0000:02:00.0'

export type AdminHandler = (device: string, command: AdminCommand) => AdminAnswer

export class CapturedMachine {
  readonly files = new FileTree()
  /** Files of which somebody out of sight keeps others. */
  readonly busy = new Set<string>()
  /** Of all processes, for who has files open. */
  searches = 0
  readonly holders = new Map<string, readonly DescriptorHolder[]>()
  /** By path; the numbers that its source reads. Absent: not observed. */
  readonly counters = new Map<string, readonly number[]>()
  /** Calls that came through a lane, in order. */
  readonly laneCalls: { readonly key: string; readonly call: KernelCall }[] = []
  /** Instead of storing the text. It may throw an errno, or wait. */
  readonly onWrite = new Map<string, (text: string) => void | Promise<void>>()
  /** Instead of answering at once, for any call of a lane. */
  before: (call: KernelCall) => Promise<void> = () => Promise.resolve()
  readonly inherited = new Map<string, BlockedCall>()
  admin: AdminHandler = () => status(0x4001)
  openReaders = 0
  readonly #uevents = new Set<(uevent: Uevent) => void>()
  readonly #lanes = new Map<string, Lane>()
  readonly #clock: Clock

  /** @param fill puts the files there; default: the lab's machine */
  constructor(clock: Clock, fill: (files: FileTree) => void = fillAsInTheLab) {
    this.#clock = clock
    fill(this.files)
  }

  get writes(): readonly string[] {
    return this.laneCalls.flatMap(({ call }) =>
      call.call === 'write' ? [`${call.path} ${JSON.stringify(call.text)}`] : []
    )
  }

  get listeners(): number {
    return this.#uevents.size
  }

  emit(uevent: Uevent): void {
    for (const listener of this.#uevents) listener(uevent)
  }

  readonly kernel: Kernel = {
    call: async (call) => {
      if (!neverBlocks(call)) throw new Error(`${call.call} may block`)
      return this.#answer(call)
    },
    lane: (key) => {
      const lane = this.#lanes.get(key) ?? this.#newLane(key)
      this.#lanes.set(key, lane)
      return lane
    },
    openCounters: (sources) => Promise.resolve(this.#reader(sources)),
    watchUevents: (listener) => {
      this.#uevents.add(listener)
      return Promise.resolve(() => {
        this.#uevents.delete(listener)
        return Promise.resolve()
      })
    },
    close: () => Promise.resolve(),
  }

  #newLane(key: string): Lane {
    return queueLane(
      key,
      {
        execute: async (call) => {
          this.laneCalls.push({ key, call })
          await this.before(call)
          return this.#answer(call)
        },
        inherited: () => Promise.resolve(this.inherited.get(key)),
        pid: () => undefined,
      },
      this.#clock
    )
  }

  async #answer<C extends KernelCall>(call: C): Promise<KernelAnswer<C>> {
    return (await this.#answerAny(call)) as KernelAnswer<C> // each branch answers its own kind
  }

  async #answerAny(call: KernelCall): Promise<KernelAnswers[KernelCall['call']]> {
    switch (call.call) {
      case 'read':
        return this.#read(call.path)
      case 'readBytes':
        return this.#bytes(call.path, call.length)
      case 'readLink':
        return this.#link(call.path)
      case 'readDir':
        return this.files.list(call.path)
      case 'exists':
        return this.files.has(call.path)
      case 'write':
        return this.#write(call.path, call.text)
      case 'admin':
        return this.admin(call.device, call.command)
      case 'openExclusive':
        return this.#openExclusive(call.path)
      case 'holdDisk':
        return this.#openExclusive(call.path)
      case 'letGoDisk':
      case 'writeBlocks':
      case 'writeZeroes':
        return null
      case 'readBlocks':
        return new Uint8Array(call.length)
      case 'vfioGroupStatus':
        if (this.busy.has(call.path) || this.holders.get(call.path)?.length) {
          throw new KernelError(call.call, call.path, 'EBUSY')
        }
        this.files.resolved(call.path)
        return { viable: true }
      case 'holders':
        this.searches += 1
        return [call.path, ...(call.others ?? [])].flatMap((path) =>
          (this.holders.get(path) ?? []).map((holder) =>
            call.others ? { ...holder, paths: [path] } : holder
          )
        )
    }
  }

  #read(file: string): string {
    const entry = this.files.resolved(file)
    if (entry.kind !== 'text') throw new KernelError('read', file, 'EISDIR')
    return entry.text
  }

  #bytes(file: string, length: number): Uint8Array {
    const entry = this.files.resolved(file)
    if (entry.kind !== 'bytes') throw new KernelError('readBytes', file, 'EISDIR')
    return entry.bytes.slice(0, length)
  }

  #link(file: string): string {
    const entry = this.files.at(file, 'readLink')
    if (entry.kind !== 'link') throw new KernelError('readLink', file, 'EINVAL')
    return entry.target
  }

  async #write(file: string, text: string): Promise<null> {
    const handler = this.onWrite.get(file)
    const entry = this.files.resolved(file, 'write')
    if (handler) await handler(text)
    else if (entry.kind === 'text') entry.text = text
    return null
  }

  #openExclusive(file: string): null {
    this.files.resolved(file, 'openExclusive')
    if (this.holders.get(file)?.length) {
      throw new KernelError('openExclusive', file, 'EBUSY')
    }
    return null
  }

  #reader(sources: readonly CounterSource[]): CounterReader {
    this.openReaders += 1
    const values = new Float64Array(
      sources.reduce((sum, each) => sum + counterLength(each), 0)
    )
    const read = () => {
      const numbers = sources.flatMap((source) => this.#numbers(source))
      values.set(numbers)
      return Promise.resolve()
    }
    const close = () => {
      this.openReaders -= 1
      return Promise.resolve()
    }
    return { values, read, close }
  }

  #numbers(source: CounterSource): readonly number[] {
    const unobserved = Array.from({ length: counterLength(source) }, () => NaN)
    if (source.kind !== 'interrupts') return this.counters.get(source.path) ?? unobserved
    return source.names.map((name) => this.counters.get(name)?.[0] ?? NaN)
  }
}

export function status(code: number): AdminAnswer {
  return { status: code, result: 0, data: new Uint8Array(0) }
}

export function data(bytes: Uint8Array): AdminAnswer {
  return { status: 0, result: 0, data: bytes }
}

const CAPTURE = path.join(import.meta.dirname, 'captures/linux6.1-qemu7.2.sysfs.txt')

function fillAsInTheLab(files: FileTree): void {
  loadCapture(files, readFileSync(CAPTURE, 'utf8'))
  addWhatTheCaptureLacks(files)
}

function addWhatTheCaptureLacks(files: FileTree): void {
  for (const [fn, place] of [
    [PF, `0000:00:04.0/${PF}`],
    [VF1, `0000:00:04.0/${VF1}`],
    [VF2, `0000:00:04.0/${VF2}`],
    [PLAIN, `0000:00:05.0/${PLAIN}`],
    ['0000:00:04.0', '0000:00:04.0'],
  ]) {
    files.link(`/sys/bus/pci/devices/${fn}`, `../../../devices/pci0000:00/${place}`)
  }
  files.text('/sys/bus/pci/drivers_probe', '')
  files.link(
    '/sys/block/nvme0c0n1',
    `../devices/pci0000:00/0000:00:04.0/${PF}/nvme/nvme0/nvme0c0n1`
  )
  files.link('/sys/block/nvme0n1', '../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1')
  addPlainController(files)
  files.text('/sys/devices/system/cpu/online', '0-1\n')
  files.text('/proc/sys/kernel/hostname', 'lab\n')
  files.text('/proc/sys/kernel/osrelease', '6.1.0-56-amd64\n')
  files.text('/proc/sys/kernel/random/boot_id', '0d2b1a0c-5ee1-4c39-9b43-5a3d1b1f6a10\n')
  files.text('/etc/machine-id', '0123456789abcdef0123456789abcdef\n')
  files.text('/proc/1/mountinfo', '21 1 0:19 / / rw - 9p rootfs rw\n')
  files.text('/proc/swaps', 'Filename\tType\tSize\tUsed\tPriority\n')
  files.text('/proc/interrupts', '           CPU0       CPU1\n')
  for (const node of ['nvme0', 'nvme1', 'nvme0n1', 'nvme1n1', 'vfio/vfio']) {
    files.text(`/dev/${node}`, '')
  }
}

/** Its directory was not captured; the attributes are those of its neighbour, with its own names. */
function addPlainController(files: FileTree): void {
  const base = `/sys/devices/pci0000:00/0000:00:05.0/${PLAIN}/nvme/nvme1`
  const attributes = {
    address: PLAIN,
    cntlid: '0',
    firmware_rev: '7.2.22  ',
    model: 'QEMU NVMe Ctrl'.padEnd(40),
    queue_count: '3',
    serial: 'PLAIN0'.padEnd(20),
    sqsize: '1023',
    state: 'live',
    subsysnqn: 'nqn.2019-08.org.qemu:PLAIN0',
  }
  for (const [name, text] of Object.entries(attributes))
    files.text(`${base}/${name}`, `${text}\n`)
  const subsystem = '/sys/devices/virtual/nvme-subsystem/nvme-subsys1'
  files.text(`${subsystem}/subsysnqn`, `${attributes.subsysnqn}\n`)
  files.link(`${subsystem}/nvme1`, `../../../pci0000:00/0000:00:05.0/${PLAIN}/nvme/nvme1`)
  files.link(
    '/sys/block/nvme1n1',
    `../devices/pci0000:00/0000:00:05.0/${PLAIN}/nvme/nvme1/nvme1n1`
  )
}
