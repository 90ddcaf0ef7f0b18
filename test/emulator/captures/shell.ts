/** As much of a shell, its tools and nvme-cli as the transcripts need, on an emulated machine. Prints what they printed. */
import { identify } from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'

export type Printed = { readonly output: readonly string[]; readonly rc: number }

/** undefined: a command that this shell does not know, and whose output says nothing about devices. */
export async function run(
  machine: TestMachine,
  command: string
): Promise<Printed | undefined> {
  const [, text, path] = /^echo ?(.*?) ?> (\S+)$/.exec(command) ?? []
  if (path !== undefined) return echo(machine, text ?? '', path)
  const filter = /\| head -(\d+)$/.exec(command)?.[1]
  const plain = command.replace(/ \| (head|grep) .*$/, '')
  const [tool, ...words] = plain.split(' ')
  const printed = await perform(machine, tool ?? '', words)
  if (!printed || filter === undefined) return printed
  return { ...printed, output: printed.output.slice(0, Number(filter)) }
}

async function perform(
  machine: TestMachine,
  tool: string,
  words: readonly string[]
): Promise<Printed | undefined> {
  switch (tool) {
    case 'nvme':
      return nvme(machine, words)
    case 'cat':
      return printing(words.flatMap(braces).map((path) => machine.read(path)))
    case 'readlink':
      return printing(words.map((path) => machine.link(path)))
    case 'ls':
      return ls(machine, words)
    default:
      return undefined
  }
}

const BASH_SAYS: Readonly<Record<string, string>> = {
  ERANGE: 'Numerical result out of range',
  EINVAL: 'Invalid argument',
  EBUSY: 'Device or resource busy',
  ENODEV: 'No such device',
}

async function echo(machine: TestMachine, text: string, path: string): Promise<Printed> {
  const done = await machine.write(path, `${text}\n`)
  if (done === 'ok') return { output: [], rc: 0 }
  return { output: [`echo: write error: ${BASH_SAYS[done] ?? done}`], rc: 1 }
}

/** `{a,b}`. */
function braces(path: string): readonly string[] {
  const match = /^(.*)\{(.*)\}(.*)$/.exec(path)
  if (!match) return [path]
  const [, before = '', list = '', after = ''] = match
  return list.split(',').map((one) => `${before}${one}${after}`)
}

async function printing(texts: readonly Promise<string>[]): Promise<Printed> {
  const all = await Promise.all(texts)
  return { output: all.flatMap((text) => text.replace(/\n$/, '').split('\n')), rc: 0 }
}

/** Names in directories; `-d` with a pattern at the end; `wc -l` counts. */
async function ls(
  machine: TestMachine,
  words: readonly string[]
): Promise<Printed | undefined> {
  const [first = '', second = ''] = words
  if (first === '-d') return globbed(machine, second)
  if (words.some((word) => /^-|\*|\/$/.test(word))) return undefined
  if (words.at(-3) === '|') {
    const names = await machine.list(first)
    return { output: [String(names.length)], rc: 0 }
  }
  const lists = words.toSorted().map(async (folder, i) => {
    const names = await machine.list(folder)
    return words.length === 1 ? names : [...(i > 0 ? [''] : []), `${folder}:`, ...names]
  })
  return { output: (await Promise.all(lists)).flat(), rc: 0 }
}

async function globbed(machine: TestMachine, pattern: string): Promise<Printed> {
  const at = pattern.lastIndexOf('/')
  const start = pattern.slice(at + 1).replace(/\*$/, '')
  const names = (await machine.list(pattern.slice(0, at))).filter((name) =>
    name.startsWith(start)
  )
  return { output: names.map((name) => `${pattern.slice(0, at)}/${name}`), rc: 0 }
}

async function nvme(
  machine: TestMachine,
  [verb = '', device = '', ...options]: readonly string[]
): Promise<Printed | undefined> {
  const option = (name: string) => Number(options[options.indexOf(name) + 1])
  const has = (name: string) => options.includes(name)
  switch (verb) {
    case 'virt-mgmt':
      return virtMgmt(machine, device, {
        cntlid: option('-c'),
        action: option('-a'),
        resource: has('-r') ? option('-r') : 0,
        count: has('-n') ? option('-n') : 0,
      })
    case 'attach-ns':
    case 'detach-ns': {
      const done =
        verb === 'attach-ns'
          ? await machine.attach(option('-n'), [option('-c')])
          : await machine.detach(option('-n'), [option('-c')])
      return completed(done, `${verb}: Success, nsid:${option('-n')}`)
    }
    case 'primary-ctrl-caps':
      return capabilities(await identify(machine, 0x14, { device }))
    case 'list-secondary':
      return listed(await identify(machine, 0x15, { device }), option('-e'))
    case 'list-ns':
      return ids(await identify(machine, has('--all') ? 0x10 : 0x02, { device }))
    case 'list-ctrl': {
      const nsid = has('-n') ? option('-n') : undefined
      return controllers(machine, device, nsid)
    }
    default:
      return undefined
  }
}

function completed(status: string, success: string): Printed {
  if (status === '0x0') return { output: [success], rc: 0 }
  return { output: [`NVMe status: refused(${status})`], rc: 1 }
}

type Virtualization = {
  readonly cntlid: number
  readonly action: number
  readonly resource: number
  readonly count: number
}

async function virtMgmt(
  machine: TestMachine,
  device: string,
  { cntlid, action, resource, count }: Virtualization
): Promise<Printed> {
  const cdw10 = cntlid * 65536 + resource * 256 + action
  const command = { opcode: 0x1c, cdw10, cdw11: count }
  const { status, result } = await machine.admin(device, command)
  const modified = result === 0 ? '0' : `0x${result.toString(16)}`
  const success = `success, Number of Controller Resources Modified (NRM):${modified}`
  return completed(`0x${status.toString(16)}`, success)
}

function capabilities(page: Buffer): Printed {
  const output = (['vq', 'vi'] as const).flatMap((kind) => {
    const at = kind === 'vq' ? 32 : 64
    return [
      `${kind}frt : ${page.readUInt32LE(at)}`,
      `${kind}rfa : ${page.readUInt32LE(at + 4)}`,
      `${kind}rfap : ${page.readUInt16LE(at + 8)}`,
      `${kind}prt : ${page.readUInt16LE(at + 10)}`,
      `${kind}frsm : ${page.readUInt16LE(at + 12)}`,
      `${kind}gran : ${page.readUInt16LE(at + 14)}`,
    ]
  })
  return { output, rc: 0 }
}

function listed(page: Buffer, most: number): Printed {
  const hex = (n: number) => `0x${n.toString(16).padStart(4, '0')}`
  const output = Array.from({ length: Math.min(most, page.readUInt8(0)) }, (_, i) => {
    const at = 32 * (i + 1)
    return [
      ...(i === 0 ? ['Identify Secondary Controller List:', '   NUMID : : 8'] : []),
      `   SCEntry[${i}  ]:`,
      '................',
      `     SCID : : ${hex(page.readUInt16LE(at))}`,
      `     PCID : : ${hex(page.readUInt16LE(at + 2))}`,
      `     SCS : : ${hex(page.readUInt8(at + 4))}`,
      `     VFN : : ${hex(page.readUInt16LE(at + 8))}`,
      `     NVQ : : ${hex(page.readUInt16LE(at + 10))}`,
      `     NVI : : ${hex(page.readUInt16LE(at + 12))}`,
    ]
  })
  return { output: output.flat(), rc: 0 }
}

function ids(page: Buffer): Printed {
  const all = Array.from({ length: 1024 }, (_, i) => page.readUInt32LE(4 * i))
  return { output: rows(all.slice(0, all.indexOf(0))), rc: 0 }
}

async function controllers(
  machine: TestMachine,
  device: string,
  nsid: number | undefined
): Promise<Printed> {
  const page =
    nsid === undefined
      ? await identify(machine, 0x13, { device })
      : await identify(machine, 0x12, { device, nsid })
  const count = page.readUInt16LE(0)
  const all = Array.from({ length: count }, (_, i) => page.readUInt16LE(2 + 2 * i))
  return { output: [`num of ctrls present: ${count}`, ...rows(all)], rc: 0 }
}

function rows(numbers: readonly number[]): readonly string[] {
  return numbers.map((n, i) => `[${i}]:${n === 0 ? '0' : `0x${n.toString(16)}`}`)
}
