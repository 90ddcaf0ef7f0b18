/**
 * The few functions of the C library that Node does not offer, through koffi. Loaded on first use: it costs 10 ms,
 * and most processes never need it.
 */
import { createRequire } from 'node:module'
import { errnoName } from './errno-name.ts'

/** Each gives -1 on failure; `errno` then says why. */
export type Libc = {
  readonly ioctl: (fd: number, request: number, argument: Uint8Array) => number
  /** @param address of memory with room for so many bytes. @returns how many were read */
  readonly pread: (fd: number, address: bigint, length: number, position: number) => number
  readonly flock: (fd: number, operation: number) => number
  readonly statx: (
    folder: number,
    path: string,
    flags: number,
    mask: number,
    answer: Uint8Array
  ) => number
  readonly socket: (domain: number, type: number, protocol: number) => number
  readonly bind: (fd: number, address: Uint8Array, length: number) => number
  readonly setsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Uint8Array,
    length: number
  ) => number
  readonly recvfrom: (
    fd: number,
    buffer: Uint8Array,
    length: number,
    flags: number,
    from: Uint8Array,
    fromLength: Uint8Array
  ) => number
  /** Name of the last failure, such as `EBUSY`. */
  readonly errno: () => string
  /** Where the bytes lie; they must stay referenced for as long as the kernel may use the address. */
  readonly address: (bytes: Uint8Array) => bigint
  /**
   * Calls back whenever the descriptor can be read or has an error, which `run` must read away, until the returned
   * function is called. Does not keep the process alive.
   */
  readonly whenReadable: (fd: number, run: () => void) => () => void
}

let loaded: Libc | undefined

export function libc(): Libc {
  loaded ??= load()
  return loaded
}

function load(): Libc {
  // oxlint-disable-next-line typescript/consistent-type-imports -- names the type of a module that is loaded by require
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default
  const c = koffi.load(null)
  const int = (definition: string) => c.func(`int ${definition}`) as never
  return {
    ioctl: int('ioctl(int fd, unsigned long request, void *argument)'),
    pread: c.func(
      'long pread(int fd, uintptr_t address, size_t length, long position)'
    ) as never,
    flock: int('flock(int fd, int operation)'),
    statx: int(
      'statx(int folder, const char *path, int flags, unsigned int mask, void *answer)'
    ),
    socket: int('socket(int domain, int type, int protocol)'),
    bind: int('bind(int fd, void *address, unsigned int length)'),
    setsockopt: int(
      'setsockopt(int fd, int level, int option, void *value, unsigned int n)'
    ),
    recvfrom: int(
      'recvfrom(int fd, void *buffer, size_t n, int flags, void *from, void *fromLength)'
    ),
    errno: () => errnoName(koffi.errno()),
    address: (bytes) => koffi.address(bytes),
    whenReadable: (fd, run) => {
      const readable = { readable: true }
      // The status comes first, though koffi's types leave it out.
      const told = (status: unknown) => {
        // At an error libuv stops the poll, and calls this once more (libuv src/unix/poll.c uv__poll_io).
        if (typeof status === 'number' && status < 0) handle.start(readable, told)
        run()
      }
      const handle = koffi.node.poll(fd, readable, told)
      handle.unref()
      return () => handle.close()
    },
  }
}
