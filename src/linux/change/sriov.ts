/**
 * SR-IOV of a PF: its VF count, whether the kernel probes VFs, and the reset of a function.
 * Source: Linux drivers/pci/iov.c, sriov_numvfs_store; drivers/pci/pci-sysfs.c, reset_store.
 */
import type { ChangeOf } from '../../host/change.ts'
import { HostDriverError, type HostFailure } from '../../host/driver.ts'
import type { WriteCall } from '../../kernel/call.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import type { LinuxHost } from '../in-lane.ts'
import type { LaneSession } from '../lane-session.ts'
import { functionExists } from '../pci-function.ts'
import { readCount, readText } from '../small-files.ts'
import { attributePath } from '../sysfs-paths.ts'
import { changeInWords } from './change-in-words.ts'
import { expectEffect } from './post-condition.ts'

export async function setAutoprobe(
  session: LaneSession,
  change: ChangeOf<'setAutoprobe'>
): Promise<void> {
  const path = attributePath(change.pf, 'sriov_drivers_autoprobe')
  const { kernel } = session
  const found = await readText(kernel.call, path)
  for (const write of autoprobeWrites(change, found === '1')) {
    await session.call(write)
    expectEffect(change, {
      expected: write.text,
      found: await readText(kernel.call, path),
    })
  }
}

export function autoprobeWrites(
  { pf, enabled }: ChangeOf<'setAutoprobe'>,
  isEnabled: boolean
): readonly WriteCall[] {
  if (isEnabled === enabled) return []
  const path = attributePath(pf, 'sriov_drivers_autoprobe')
  return [{ call: 'write', path, text: enabled ? '1' : '0' }]
}

/**
 * The kernel enables VFs only from 0, and for the current count does nothing.
 *
 * @throws {HostDriverError} too-many-vfs, vfs-already-enabled, no-sriov-driver, no-effect, kernel-refused
 */
export async function setVfCount(
  host: LinuxHost,
  session: LaneSession,
  change: ChangeOf<'setVfCount'>
): Promise<void> {
  const path = attributePath(change.pf, 'sriov_numvfs')
  const [write] = vfCountWrites(change, await readCount(session.call, path))
  if (write === undefined) return
  await writeVfCount(host, session, change, write)
  const expected = `${change.count} VFs`
  expectEffect(change, {
    expected,
    found: `${await readCount(session.call, path)} VFs`,
  })
  const { size } = await host.kinships.vfsOf(change.pf)
  expectEffect(change, { expected, found: `${size} VFs` })
}

export function vfCountWrites(
  { pf, count }: ChangeOf<'setVfCount'>,
  found: number
): readonly WriteCall[] {
  if (found === count) return []
  return [{ call: 'write', path: attributePath(pf, 'sriov_numvfs'), text: String(count) }]
}

async function writeVfCount(
  host: LinuxHost,
  session: LaneSession,
  change: ChangeOf<'setVfCount'>,
  write: WriteCall
): Promise<void> {
  try {
    await session.call(write)
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause
    if (!(await functionExists(host.kernel, change.pf))) throw cause
    throw new HostDriverError(changeInWords(change), explain(cause, change.count), cause)
  }
}

function explain({ errno }: KernelError, requested: number): HostFailure {
  if (errno === 'ERANGE') return { kind: 'too-many-vfs', requested }
  if (errno === 'EBUSY') return { kind: 'vfs-already-enabled' }
  // Two causes share this errno: no driver bound, or one without sriov_configure.
  if (errno === 'ENOENT') return { kind: 'no-sriov-driver' }
  return { kind: 'kernel-refused', errno }
}

/** Leaves nothing that could be compared, so it is always written. */
export async function resetFunction(
  session: LaneSession,
  change: ChangeOf<'resetFunction'>
): Promise<void> {
  await session.call(resetWrite(change))
}

/** As `resetFunction`. None is reset where one has gone. @throws {HostDriverError} gone, kernel-refused: the first, once all have ended */
export async function resetFunctions(
  session: LaneSession,
  change: ChangeOf<'resetFunctions'>
): Promise<void> {
  for (const fn of change.fns) {
    if (await functionExists(session.kernel, fn)) continue
    throw new HostDriverError(changeInWords(change), { kind: 'gone', what: fn })
  }
  await session.callTogether(resetWrites(change))
}

export function resetWrites({ fns }: ChangeOf<'resetFunctions'>): readonly WriteCall[] {
  return fns.map((fn) => resetWrite({ fn }))
}

export function resetWrite({ fn }: Pick<ChangeOf<'resetFunction'>, 'fn'>): WriteCall {
  return { call: 'write', path: attributePath(fn, 'reset'), text: '1' }
}
