/**
 * What a change would write where something else is found than is there: for plans. The writes are those that the change
 * itself performs, from the same functions; only the reading before them and the look afterwards are left out.
 */
import type { HostChange } from '../../host/change.ts'
import type {
  AdminWrite,
  BlockWrite,
  Found,
  KernelWrite,
  SysfsWrite,
} from '../../host/preview.ts'
import type { AdminCall, WriteCall } from '../../kernel/call.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { commandFields } from '../../nvme/command-fields.ts'
import type { NvmeAdminCommand } from '../../nvme/admin-commands.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { callInWords } from '../lane-session.ts'
import { liveController } from '../nvme-controller.ts'
import { functionExists } from '../pci-function.ts'
import { devicePath } from '../sysfs-paths.ts'
import { attachmentCommands } from './attachment.ts'
import { overrideWrites, unbindWrites } from './binding.ts'
import { functionOf, isOfTrace } from './change-in-words.ts'
import { formatCommand, markerWrites } from './erasing.ts'
import { allocateCommand, primaryResetWrites } from './primary-resources.ts'
import { creationCommands, deletionCommands } from './recreating.ts'
import { waysToBind } from './probe.ts'
import { secondaryCommands } from './secondary-state.ts'
import { autoprobeWrites, resetWrite, resetWrites, vfCountWrites } from './sriov.ts'
import { traceWrites } from './trace.ts'

type ChangingCall = WriteCall | AdminCall

/** @throws {HostDriverError} gone: no such secondary; controller-not-live, driver-did-not-bind */
export async function previewChange(
  kernel: Kernel,
  change: HostChange,
  found: Found
): Promise<readonly KernelWrite[]> {
  const predicted = await isPredicted(kernel, change)
  const blocks = blockWrites(change).map((write) => [blocksInWords(write), write] as const)
  const calls = await callsOf(kernel, change, found)
  const all = [
    ...blocks,
    ...calls.map((call) => [callInWords(call), asValue(call)] as const),
  ]
  return all.map(([inWords, write], at) => ({
    inWords,
    write,
    predicted,
    onlyIf: onlyIf(change, at),
  }))
}

async function isPredicted(kernel: Kernel, change: HostChange): Promise<boolean> {
  if (isOfTrace(change)) return false
  const fns = change.change === 'resetFunctions' ? change.fns : [functionOf(change)]
  const exist = await Promise.all(fns.map((fn) => functionExists(kernel, fn)))
  return exist.includes(false)
}

function onlyIf(change: HostChange, at: number): string | null {
  const isSecondWay = change.change === 'probe' && at > 0
  return isSecondWay ? `${change.fn} has no driver by then` : null
}

/** Holding a disk, and letting go of it, opens and closes it, and writes nothing. */
function blockWrites(change: HostChange): readonly BlockWrite[] {
  if (change.change === 'writeMarkers') {
    const { fn: through, nsid, markers } = change
    return markerWrites(markers, []).map(({ offset, bytes: { length } }) => {
      return { to: 'blocks', through, nsid, offset, length, content: 'marker' }
    })
  }
  if (change.change !== 'overwriteNamespace') return []
  const { fn: through, nsid, fromByte: offset, toByte } = change
  const length = toByte - offset
  return [{ to: 'blocks', through, nsid, offset, length, content: 'zeroes' }]
}

function blocksInWords({ through, nsid, offset, length, content }: BlockWrite): string {
  const what = content === 'marker' ? 'bytes of a marker' : 'zero bytes'
  return `write ${length} ${what} to namespace ${nsid} through ${through} at ${offset}`
}

async function callsOf(
  kernel: Kernel,
  change: HostChange,
  found: Found
): Promise<readonly ChangingCall[]> {
  switch (change.change) {
    case 'setAutoprobe':
      return autoprobeWrites(change, known(found.sriov, change).autoprobe)
    case 'setVfCount':
      return vfCountWrites(change, known(found.sriov, change).vfCount)
    case 'resetFunction':
      return [resetWrite(change)]
    case 'resetFunctions':
      return resetWrites(change)
    case 'takeOffline':
    case 'assignResources':
    case 'assignBoth':
    case 'bringOnline':
    case 'bringEachOnline': {
      const { secondaries } = known(found.secondaries, change)
      return through(kernel, change.pf, secondaryCommands(change, secondaries))
    }
    case 'attachNamespace':
    case 'detachNamespace':
    case 'detachFromEach': {
      const { cntlids } = known(found.attachedControllers, change)
      const commands = attachmentCommands(change, cntlids)
      return through(kernel, change.pf, commands)
    }
    case 'setOverride':
      return overrideWrites(change, known(found.binding, change).override)
    case 'unbind':
      return unbindWrites(change, known(found.binding, change).driver)
    case 'probe':
      return waysToBind(change, known(found.binding, change).driver)
    case 'allocatePrimaryResources': {
      const command = allocateCommand(change, known(found.primary, change))
      return through(kernel, change.pf, [command])
    }
    case 'resetPrimary':
      return primaryResetWrites(change, known(found.primary, change))
    case 'formatNamespace': {
      const command = formatCommand(change, known(found.format, change).format)
      return through(kernel, change.fn, [command])
    }
    case 'deleteNamespace': {
      const commands = deletionCommands(change, known(found.allocated, change))
      return through(kernel, change.fn, commands)
    }
    case 'createNamespaces': {
      const commands = creationCommands(change, known(found.allocated, change))
      return through(kernel, change.fn, commands)
    }
    case 'armTrace':
    case 'disarmTrace':
      return traceWrites(change, known(found.trace, change).present)
    case 'holdDisk':
    case 'writeMarkers':
    case 'overwriteNamespace':
    case 'letGoOfDisk':
      return []
  }
}

async function through(
  kernel: Kernel,
  fn: PciAddress,
  commands: readonly NvmeAdminCommand[]
): Promise<readonly AdminCall[]> {
  if (commands.length === 0) return []
  const device = devicePath(await liveController(kernel, fn))
  return commands.map((command) => ({ call: 'admin', device, command }))
}

/** @throws Error: a bug, since `questionOf` says what a change needs */
function known<Answer>(answer: Answer | undefined, { change }: HostChange): Answer {
  if (answer !== undefined) return answer
  throw new Error(`what ${change} depends on was not given`)
}

function asValue(call: ChangingCall): SysfsWrite | AdminWrite {
  if (call.call === 'write') return { to: 'sysfs', path: call.path, text: call.text }
  const { opcode, nsid = 0, cdw10 = 0, cdw11 = 0, dataOut } = call.command
  const data = dataOut ? hexOf(dataOut) : null
  const fields = commandFields(call.command)
  return { to: 'nvme', device: call.device, opcode, nsid, cdw10, cdw11, fields, data }
}

/** Without the zeros at its end. */
function hexOf(data: Uint8Array): string {
  const length = data.findLastIndex((byte) => byte !== 0) + 1
  return Buffer.from(data.subarray(0, length)).toString('hex')
}
