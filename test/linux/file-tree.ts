/** A small tree of files, directories and links, with links followed at any place of a path, as a kernel does. */
import { posix } from 'node:path'
import { KernelError } from '../../src/kernel/kernel-error.ts'

export type Entry =
  | { readonly kind: 'text'; text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory' }

export class FileTree {
  readonly #entries = new Map<string, Entry>([['/', { kind: 'directory' }]])

  /** Directories above it appear by themselves. */
  set(path: string, entry: Entry): void {
    const parent = posix.dirname(path)
    if (parent !== path && !this.#entries.has(this.#real(parent))) {
      this.set(this.#real(parent), { kind: 'directory' })
    }
    this.#entries.set(posix.join(this.#real(parent), posix.basename(path)), entry)
  }

  text(path: string, text: string): void {
    this.set(path, { kind: 'text', text })
  }

  link(path: string, target: string): void {
    this.set(path, { kind: 'link', target })
  }

  /** With everything below it. A link goes, and not what it points to. */
  remove(path: string): void {
    const real = posix.join(this.#real(posix.dirname(path)), posix.basename(path))
    for (const each of this.#entries.keys()) {
      if (each === real || each.startsWith(`${real}/`)) this.#entries.delete(each)
    }
  }

  /** Without following a link at the end. @throws {KernelError} ENOENT */
  at(path: string, call = 'read'): Entry {
    const real = posix.join(this.#real(posix.dirname(path)), posix.basename(path))
    const entry = this.#entries.get(real)
    if (!entry) throw new KernelError(call, path, 'ENOENT')
    return entry
  }

  /** Links followed to the end. @throws {KernelError} ENOENT */
  resolved(path: string, call = 'read'): Entry {
    const entry = this.#entries.get(this.#real(path))
    if (!entry) throw new KernelError(call, path, 'ENOENT')
    return entry
  }

  has(path: string): boolean {
    return this.#entries.has(this.#real(path))
  }

  list(path: string): readonly string[] {
    const real = this.#real(path)
    if (this.#entries.get(real)?.kind !== 'directory') {
      throw new KernelError('readDir', path, this.#entries.has(real) ? 'ENOTDIR' : 'ENOENT')
    }
    const under = real === '/' ? '/' : `${real}/`
    return [...this.#entries.keys()]
      .filter((each) => each.startsWith(under) && each !== real)
      .map((each) => each.slice(under.length))
      .filter((name) => !name.includes('/'))
      .sort()
  }

  /** The path with every link in it followed, whether there is something at its end or not. */
  #real(path: string): string {
    let real = '/'
    for (const part of path.split('/').filter((each) => each !== '')) {
      const next = posix.join(real, part)
      const entry = this.#entries.get(next)
      real = entry?.kind === 'link' ? this.#real(posix.resolve(real, entry.target)) : next
    }
    return real
  }
}
