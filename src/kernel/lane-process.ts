/**
 * A lane's process: makes one kernel call after the other, synchronously, for the service at the other end of its pipe;
 * writes that are to be made at the same time in threads, and waits for all of them.
 * A call that hangs hangs this process and nothing else. It reads a request a line from descriptor 0, answers a line on
 * descriptor 1, and holds the lane's lock by descriptor 3, which it never touches.
 *
 * It ends with its pipe, and starts no call for a service that has gone. Imports little: it starts once per controller,
 * perhaps on a slow machine.
 *
 * Arguments: the lane's key, the record's path and the service's process id.
 */
import { ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import type { KernelCall, WriteCall } from './call.ts'
import { LANE_COMMAND } from './descriptor-holders.ts'
import { KernelError } from './kernel-error.ts'
import { systemCall } from './system-call.ts'
import { fromLine, toLine } from './wire.ts'
import { writeTogether } from './write-together.ts'

const STDIN = 0
const STDOUT = 1

let unread = Buffer.alloc(0)
const piece = Buffer.allocUnsafeSlow(16 * 1024)

const [key = '', recordPath = '', servicePid = ''] = process.argv.slice(2)
process.title = `${LANE_COMMAND} ${key}`
void serve(recordPath, Number(servicePid))

async function serve(recordPath: string, servicePid: number): Promise<void> {
  const record = openSync(recordPath, 'w', 0o600)
  if (!say('up\n')) return
  for (let line = nextLine(); line !== undefined; line = nextLine()) {
    if (process.ppid !== servicePid) return
    writeSync(record, line, 0)
    const answer = await answerTo(line)
    ftruncateSync(record, 0)
    if (!say(answer)) return
  }
}

/** Undefined at the end of the pipe, which may also be a reset: the service has gone either way. */
function nextLine(): string | undefined {
  for (;;) {
    const end = unread.indexOf('\n')
    if (end >= 0) return takeLine(end + 1)
    const length = readSome()
    if (length === 0) return undefined
    unread = Buffer.concat([unread, piece.subarray(0, length)])
  }
}

function takeLine(length: number): string {
  const line = unread.toString('utf8', 0, length)
  unread = unread.subarray(length)
  return line
}

function readSome(): number {
  try {
    return readSync(STDIN, piece, 0, piece.length, null)
  } catch {
    return 0
  }
}

/** `call`: the first of those together. */
type Asked = { readonly call: KernelCall; readonly together?: readonly WriteCall[] }

async function answerTo(line: string): Promise<string> {
  try {
    const { call, together } = fromLine(line) as Asked // the service's own line
    const answer = together ? await writeTogether(together) : systemCall(call)
    return toLine({ answer })
  } catch (cause) {
    if (cause instanceof KernelError)
      return toLine({ refused: { call: cause.call, path: cause.path, errno: cause.errno } })
    return toLine({ bug: cause instanceof Error ? cause.message : String(cause) })
  }
}

/** False when nobody listens any more. */
function say(line: string): boolean {
  try {
    writeAll(Buffer.from(line))
    return true
  } catch {
    return false
  }
}

function writeAll(bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += writeSync(STDOUT, bytes, written)
}
