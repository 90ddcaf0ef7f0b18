/** A kernel call that came back with an errno. */
export type Errno =
  | 'EPERM'
  | 'ENOENT'
  | 'EINTR'
  | 'EIO'
  | 'EBADF'
  | 'ENXIO'
  | 'EAGAIN'
  | 'ENOMEM'
  | 'EACCES'
  | 'EBUSY'
  | 'EEXIST'
  | 'ENODEV'
  | 'EISDIR'
  | 'ENOTDIR'
  | 'EINVAL'
  | 'ENOTTY'
  | 'ERANGE'
  | 'ENOSYS'
  | 'EOPNOTSUPP'
  | 'ENETRESET'
  | 'ETIMEDOUT'

/** Has no stack: it is how one finds out that a thing is absent, thousands of times in a scan, and says itself what was called. */
export class KernelError extends Error {
  readonly call: string
  readonly path: string
  /** The errno's name; a name outside `Errno` is kept as it came. */
  readonly errno: Errno | (string & {})

  constructor(call: string, path: string, errno: Errno | (string & {})) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(`${call} ${path}: ${errno}`)
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'KernelError'
    this.call = call
    this.path = path
    this.errno = errno
  }
}
