/** Short ways to ask a kernel, for the contract's cases. */
import assert from 'node:assert/strict'
import type {
  AdminAnswer,
  AdminCommand,
  KernelAnswer,
  KernelCall,
} from '../../src/kernel/call.ts'
import type { KernelWorld } from './world.ts'

/** Longer than anything that does not hang, also on an emulated CPU. */
const DEADLINE = { deadlineMs: 60_000 }

/** In the lane of the primary, which every case may use. */
export async function inLane<C extends KernelCall>(
  { kernel, pf }: KernelWorld,
  call: C
): Promise<KernelAnswer<C>> {
  const answer = await kernel.lane(pf).call(call, DEADLINE)
  assert.ok(answer.done, `${JSON.stringify(call)} hangs`)
  return answer.answer
}

export function read(world: KernelWorld, path: string): Promise<string> {
  return inLane(world, { call: 'read', path })
}

export function write(world: KernelWorld, path: string, text: string): Promise<null> {
  return inLane(world, { call: 'write', path, text })
}

export function names({ kernel }: KernelWorld, path: string): Promise<readonly string[]> {
  return kernel.call({ call: 'readDir', path })
}

export function exists({ kernel }: KernelWorld, path: string): Promise<boolean> {
  return kernel.call({ call: 'exists', path })
}

/** Last part of a link's target; undefined when there is no such link. */
export async function linkName(
  { kernel }: KernelWorld,
  path: string
): Promise<string | undefined> {
  try {
    const target = await kernel.call({ call: 'readLink', path })
    return target.slice(target.lastIndexOf('/') + 1)
  } catch (cause) {
    assert.equal(errnoIn(cause), 'ENOENT')
    return undefined
  }
}

/** The errno with which it fails, `success` when it does not. Anything but a KernelError is thrown on. */
export async function errnoOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt
    return 'success'
  } catch (cause) {
    const errno = errnoIn(cause)
    if (errno === undefined) throw cause
    return errno
  }
}

export function admin(
  world: KernelWorld,
  device: string,
  command: AdminCommand
): Promise<AdminAnswer> {
  return inLane(world, { call: 'admin', device, command })
}

function errnoIn(cause: unknown): string | undefined {
  const isKernels =
    cause instanceof Error && cause.name === 'KernelError' && 'errno' in cause
  return isKernels ? String(cause.errno) : undefined
}
