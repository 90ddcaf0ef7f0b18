/** What the emulated kernel's functions throw; the system call on top adds which call and which path. */
import type { Errno } from '../kernel/kernel-error.ts'

/** Without a stack, as KernelError. */
export class Refused extends Error {
  readonly errno: Errno

  constructor(errno: Errno) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(errno)
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'Refused'
    this.errno = errno
  }
}
