/**
 * What nvirt's processes wrote, as the guest's kernel saw their system calls: attributes of sysfs, blocks of disks, and the
 * NVMe commands that change something. For holding it against a plan.
 *
 * Source: Linux Documentation/trace/kprobetrace.rst; arch/x86/include/asm/syscall_wrapper.h (a system call's function is given
 * the registers: its arguments are di, si, dx, r10 of pt_regs); include/uapi/linux/nvme_ioctl.h, struct nvme_passthru_cmd.
 */
import type { KernelWrite } from '../../src/host/preview.ts'
import type { AgentClient } from './agent-client.ts'

const TRACING = '/sys/kernel/tracing'

/** Arguments of a system call, in pt_regs. Source: Linux arch/x86/include/asm/ptrace.h. */
const DI = '+0x70(%di)'
const SI = '+0x68(%di)'
const DX = '+0x60(%di)'
const R10 = '+0x38(%di)'

/** System calls that may be under way in all of the guest: of more, the kernel would not see the return. */
const MOST_AT_ONCE = 128

/**
 * So much of what is written is traced, more than an attribute takes. Not as a string: what is written need not end with a
 * NUL, and of an event that is longer than a page of the buffer nothing is kept, nor counted. An array can be read by
 * `+0` only, which on x86 reads a user's memory too. Source: Linux kernel/trace/trace_probe.h, MAX_ARRAY_LEN;
 * kernel/trace/ring_buffer.c, ring_buffer_lock_reserve (BUF_MAX_DATA_SIZE); trace_probe_kernel.h, probe_mem_read.
 */
const MOST_BYTES = 64

const PROBES = [
  `p:nvirt/open __x64_sys_open path=+0(${DI}):ustring`,
  `r${MOST_AT_ONCE}:nvirt/opened __x64_sys_open fd=$retval:s64`,
  `p:nvirt/openat __x64_sys_openat path=+0(${SI}):ustring`,
  `r${MOST_AT_ONCE}:nvirt/openedat __x64_sys_openat fd=$retval:s64`,
  `p:nvirt/write __x64_sys_write fd=${DI}:s32 size=${DX}:u64 bytes=+0(${SI}):x8[${MOST_BYTES}]`,
  `p:nvirt/pwrite __x64_sys_pwrite64 fd=${DI}:s32 size=${DX}:u64 offset=${R10}:u64`,
  `p:nvirt/ioctl __x64_sys_ioctl fd=${DI}:s32 request=${SI}:u32 opcode=+u0(${DX}):u8 nsid=+u4(${DX}):u32 ` +
    `cdw10=+u40(${DX}):u32 cdw11=+u44(${DX}):u32`,
]

/** NVME_IOCTL_ADMIN_CMD and NVME_IOCTL_ADMIN64_CMD. */
const ADMIN_REQUESTS = [0xc0484e41, 0xc0504e47]

/** Opcodes of admin commands that change nothing: Get Log Page, Identify, Get Features. */
const ASKING = [0x02, 0x06, 0x0a]

export type TracedWrite =
  | { readonly to: 'sysfs'; readonly path: string; readonly text: string }
  | { readonly to: 'blocks'; readonly offset: number; readonly length: number }
  | {
      readonly to: 'nvme'
      readonly device: string
      readonly opcode: number
      readonly nsid: number
      readonly cdw10: number
      readonly cdw11: number
    }

/** What the trace has of a write that a plan names. */
export function asTraced(write: KernelWrite['write']): TracedWrite {
  switch (write.to) {
    case 'sysfs':
      return { to: 'sysfs', path: write.path, text: write.text }
    case 'blocks':
      return { to: 'blocks', offset: write.offset, length: write.length }
    case 'nvme': {
      const { device, opcode, nsid, cdw10, cdw11 } = write
      return { to: 'nvme', device, opcode, nsid, cdw10, cdw11 }
    }
  }
}

/** From now on, of these processes and of those that they start. */
export async function traceWrites(agent: AgentClient, pattern: string): Promise<void> {
  const lines = PROBES.map((probe) => `echo '${probe}' >> ${TRACING}/kprobe_events`)
  await agent.shell(
    [
      `echo 65536 > ${TRACING}/buffer_size_kb`,
      ...lines,
      `echo 1 > ${TRACING}/options/event-fork`,
      `echo 1 > ${TRACING}/options/record-tgid`,
      `for p in $(pgrep -f '${pattern}'); do ls /proc/$p/task; done | xargs > ${TRACING}/set_event_pid`,
      `echo 1 > ${TRACING}/events/nvirt/enable`,
      `echo > ${TRACING}/trace`,
    ].join(' && ')
  )
}

/** Runs a line of shell whose writes are traced too. */
export async function tracedShell(agent: AgentClient, line: string): Promise<void> {
  await agent.shell(`echo $$ >> ${TRACING}/set_event_pid && ${line}`)
}

/** In their order, since the trace was started or read last. */
export async function tracedWrites(agent: AgentClient): Promise<readonly TracedWrite[]> {
  const trace = await agent.shell(`cat ${TRACING}/trace && echo > ${TRACING}/trace`)
  const [, kept, seen] =
    /entries-in-buffer\/entries-written: (\d+)\/(\d+)/.exec(trace) ?? []
  if (kept === undefined || kept !== seen || /CPU:\d+ \[LOST/.test(trace))
    throw new Error(`events were lost: ${kept} of ${seen} kept`)
  const missed = await agent.shell(`awk '$NF > 0' ${TRACING}/kprobe_profile`)
  if (missed.trim() !== '' || trace.includes('(fault)'))
    throw new Error(`the kernel could not see everything: ${missed}`)
  return writesIn(trace)
}

/** Thread, its process, what it did. */
const ENTRY = /-(\d+)\s+\(\s*(\S+)\)\s+\[\d+\].*?: (\w+): (.*)$/

export function writesIn(trace: string): readonly TracedWrite[] {
  const opening = new Map<string, string>()
  const files = new Map<string, string>()
  return trace.split('\n').flatMap((entry): TracedWrite[] => {
    const [, thread = '', owner = '', event = '', rest = ''] = ENTRY.exec(entry) ?? []
    const fd = `${owner} ${/fd=(-?\d+)/.exec(rest)?.[1]}`
    switch (event) {
      case 'open':
      case 'openat':
        opening.set(thread, /path="(.*)"/.exec(rest)?.[1] ?? '')
        return []
      case 'opened':
      case 'openedat':
        files.set(fd, opening.get(thread) ?? '')
        return []
      case 'write':
        return written(files.get(fd), rest)
      case 'pwrite':
        return blocksOf(files.get(fd), rest)
      case 'ioctl':
        return commandOf(files.get(fd), rest)
      default:
        return []
    }
  })
}

function written(path: string | undefined, rest: string): TracedWrite[] {
  if (path?.startsWith('/sys/') !== true) return []
  const size = numberOf(rest, 'size')
  if (size > MOST_BYTES) throw new Error(`${size} bytes written to ${path}`)
  const bytes = /bytes=\{(.*)\}/.exec(rest)?.[1]?.split(',').map(Number) ?? []
  return [{ to: 'sysfs', path, text: Buffer.from(bytes).toString('utf8', 0, size) }]
}

function blocksOf(path: string | undefined, rest: string): TracedWrite[] {
  if (path?.startsWith('/dev/nvme') !== true) return []
  return [
    { to: 'blocks', offset: numberOf(rest, 'offset'), length: numberOf(rest, 'size') },
  ]
}

function commandOf(device: string | undefined, rest: string): TracedWrite[] {
  const opcode = numberOf(rest, 'opcode')
  const isAdmin = ADMIN_REQUESTS.includes(numberOf(rest, 'request'))
  if (device === undefined || !isAdmin || ASKING.includes(opcode)) return []
  const [nsid = NaN, cdw10 = NaN, cdw11 = NaN] = ['nsid', 'cdw10', 'cdw11'].map((name) =>
    numberOf(rest, name)
  )
  return [{ to: 'nvme', device, opcode, nsid, cdw10, cdw11 }]
}

function numberOf(rest: string, name: string): number {
  return Number(new RegExp(`${name}=(\\d+)`).exec(rest)?.[1])
}
