/**
 * Namespace Management (0Dh): create and delete. Source: NVMe Base 2.1, "Namespace Management command", "Namespace Management
 * – Data Structure"; NVM Command Set 1.0, of that title. From documents: QEMU has none. A deleted namespace is detached on
 * the way.
 */
import { createHash } from 'node:crypto'
import type { AdminCommand } from '../../kernel/call.ts'
import type { LbaFormat } from './device-policy.ts'
import { dropReference } from './attachment-rules.ts'
import { MOST_PROTECTION_TYPES, PROTECTION_BYTES } from './format-nvm.ts'
import { BROADCAST, isValidNsid, MAX_NAMESPACES } from './namespace-ids.ts'
import { newNamespace } from './new-namespace.ts'
import {
  failed,
  INSUFFICIENT_CAPACITY,
  INVALID_FIELD,
  INVALID_FORMAT,
  INVALID_NAMESPACE,
  NSID_UNAVAILABLE,
  succeeded,
  THIN_PROVISIONING,
} from './status.ts'
import type { Completion } from './status.ts'
import { unallocatedBytes } from './subsystem.ts'
import type { NvmeController, NvmeNamespace, NvmeSubsystem } from './subsystem.ts'

const CREATE = 0
const DELETE = 1

export function namespaceManagement(
  controller: NvmeController,
  command: AdminCommand
): Completion {
  switch ((command.cdw10 ?? 0) & 0xf) {
    case CREATE:
      return create(controller, command.dataOut)
    case DELETE:
      return remove(controller.subsystem, command.nsid ?? 0)
    default:
      return failed(INVALID_FIELD)
  }
}

function create(
  { subsystem, policy }: NvmeController,
  data: Uint8Array | undefined
): Completion {
  const wanted = data && wantedNamespace(data)
  if (!wanted) return failed(INVALID_FIELD)
  const format = policy.erasing.lbaFormats[wanted.formatIndex]
  if (!format) return failed(INVALID_FORMAT)
  if (!canProtect(format, wanted.protection & 7)) return failed(INVALID_FIELD)
  if (wanted.capacityBlocks < wanted.sizeBlocks) return failed(THIN_PROVISIONING)
  if (wanted.capacityBlocks > wanted.sizeBlocks) return failed(INVALID_FIELD)
  const sizeBytes = wanted.sizeBlocks * BigInt(format.blockBytes + format.metadataBytes)
  if (sizeBytes > BigInt(unallocatedBytes(subsystem))) return failed(INSUFFICIENT_CAPACITY)
  const nsid = freeNsid(subsystem)
  if (nsid === undefined) return failed(NSID_UNAVAILABLE)
  const namespace = newNamespace({
    nsid,
    sizeBytes: Number(sizeBytes),
    blockBytes: format.blockBytes,
    metadataBytes: format.metadataBytes,
    shared: wanted.shared,
    startsAttachedTo: [],
    nguid: nextNguid(subsystem),
    eui64: undefined,
    uuid: undefined,
  })
  namespace.protection = { interleaved: wanted.interleaved, type: wanted.protection }
  subsystem.namespaces.set(nsid, namespace)
  return succeeded(undefined, nsid)
}

function canProtect({ metadataBytes }: LbaFormat, type: number): boolean {
  if (type === 0) return true
  return type <= MOST_PROTECTION_TYPES && metadataBytes >= PROTECTION_BYTES
}

const DATA_BYTES = 4096

/** undefined: not a whole structure, or a namespace of nothing. */
function wantedNamespace(bytes: Uint8Array) {
  if (bytes.byteLength < DATA_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const sizeBlocks = view.getBigUint64(0, true)
  if (sizeBlocks === 0n) return undefined
  return {
    sizeBlocks,
    capacityBlocks: view.getBigUint64(8, true),
    formatIndex: view.getUint8(26) & 0xf,
    interleaved: ((view.getUint8(26) >>> 4) & 1) === 1,
    protection: view.getUint8(29) & 0xf,
    shared: (view.getUint8(30) & 1) === 1,
  }
}

function freeNsid({ namespaces }: NvmeSubsystem): number | undefined {
  for (let nsid = 1; nsid <= MAX_NAMESPACES; nsid++) if (!namespaces.has(nsid)) return nsid
  return undefined
}

/** Never given twice: a namespace with the NSID of a deleted one is another namespace. */
function nextNguid(subsystem: NvmeSubsystem): string {
  subsystem.namespacesMade++
  const text = `${subsystem.nqn} ${subsystem.serial} ${subsystem.namespacesMade}`
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function remove(subsystem: NvmeSubsystem, nsid: number): Completion {
  const { namespaces } = subsystem
  if (!isValidNsid(nsid)) return failed(INVALID_NAMESPACE)
  const deleted =
    nsid === BROADCAST ? [...namespaces.values()] : [namespaces.get(nsid) ?? []].flat()
  if (deleted.length === 0 && nsid !== BROADCAST) return failed(INVALID_FIELD)
  for (const namespace of deleted) {
    detachFromAll(namespace)
    namespaces.delete(namespace.nsid)
  }
  return succeeded()
}

function detachFromAll(namespace: NvmeNamespace): void {
  for (const cntlid of namespace.attachedTo) dropReference(namespace, cntlid)
}
