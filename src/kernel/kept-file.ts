/**
 * A file that is read over and over by one descriptor, into one piece of memory for all of them. By pread(2) itself, given an
 * address: what Node's readSync does besides is a tenth of the whole cost of a counter file.
 */
import { closeSync, openSync } from 'node:fs'
import { libc } from './libc.ts'

export type KeptFile = {
  readonly readInto: (out: Float64Array) => void
  /** It is opened anew when it is read again. */
  readonly close: () => void
}

/** Of what was read. @returns false: nothing was observed */
export type Parse = (text: Buffer, length: number, out: Float64Array) => boolean

/** How a file comes: in one read, or a page at a time. @returns how many bytes are in the buffer */
export type ReadFile = (fd: number) => number

/** @param unobserved writes that nothing was read */
export function keptFile(
  path: string,
  readFile: ReadFile,
  parse: Parse,
  unobserved: (out: Float64Array) => void
): KeptFile {
  let fd: number | undefined
  libc() // what keeps it from being loaded is no matter of the file

  function readInto(out: Float64Array): void {
    try {
      fd ??= openSync(path, 'r')
      const length = readFile(fd)
      if (!parse(buffer, length, out)) unobserved(out)
    } catch {
      // ENOENT, ENODEV, EIO: the device has gone, and its descriptor is worth nothing even if it comes back
      close()
      unobserved(out)
    }
  }

  function close(): void {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }

  return { readInto, close }
}

export function together(files: readonly KeptFile[]): KeptFile {
  return {
    readInto: (out) => {
      for (const file of files) file.readInto(out)
    },
    close: () => {
      for (const file of files) file.close()
    },
  }
}

/** One for all files of the process, since every read ends before the next begins. Grows to the largest file. */
let buffer = Buffer.allocUnsafeSlow(16 * 1024)
let address: bigint | undefined

/** A small file, which the kernel gives whole in one read: a sysfs attribute is a page at most. */
export function readPage(fd: number): number {
  return read(fd, 0)
}

/** A file that comes a page at a time. */
export function readAll(fd: number): number {
  let length = 0
  for (;;) {
    if (length === buffer.length) grow()
    const more = read(fd, length)
    if (more === 0) return length
    length += more
  }
}

/** What of the file is behind `length` to behind `length` in the buffer. @throws Error when the kernel refuses */
function read(fd: number, length: number): number {
  address ??= libc().address(buffer)
  const at = length === 0 ? address : address + BigInt(length)
  const more = libc().pread(fd, at, buffer.length - length, length)
  if (more < 0) throw new Error(`pread: ${libc().errno()}`)
  return more
}

function grow(): void {
  buffer = Buffer.concat([buffer], 2 * buffer.length)
  address = undefined
}
