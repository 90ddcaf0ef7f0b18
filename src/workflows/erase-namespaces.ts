/**
 * The rows that erase what a tenant had, once it is in the host's hands: blocks are marked, everything is erased, and the
 * marked blocks are read again.
 */
import { isoTime } from '../clock.ts'
import type { Refusal } from '../errors.ts'
import type { MarkersFound } from '../host/query.ts'
import { sampledBlocks, type Markers } from '../nvme/erase-markers.ts'
import { methodInWords } from '../nvme/erase-method.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { change } from './change-row.ts'
import {
  cleaner,
  ERASE,
  namespacesFound,
  type CleanParams,
  type Erased,
  type Found,
} from './clean-params.ts'
import { pass, refused, type Row, type Surroundings, type Turn } from './define-workflow.ts'
import type { ErasedSoFar, ErasePart } from './erased-so-far.ts'
import { onFound, ownersOf, targetIn } from './fetch-namespaces.ts'
import { refuseErasing } from './guards/erasing.ts'
import { refuseOther } from './guards/identity.ts'
import { waiting, waitUnless } from './wait-for-users.ts'

export type Namespace = Found['namespaces'][number]

/** Besides the first and the last block. */
const SAMPLES = 14

/** The commit step: what a marker is written on is gone. */
export function writeMarkers(p: CleanParams): Row {
  return change('write-markers', {
    commit: true,
    on: (turn) => targetIn(turn, p),
    guard: (turn) => onFound(turn, (found) => refuseErasingNow(turn, p, found)),
    do: (turn) =>
      (namespacesFound(turn.outputs)?.namespaces ?? []).map(
        (namespace) =>
          ({
            change: 'writeMarkers',
            fn: cleaner(p),
            nsid: namespace.nsid,
            markers: markersOn(turn, namespace),
          }) as const
      ),
  })
}

async function refuseErasingNow(
  turn: Turn,
  p: CleanParams,
  found: Found
): Promise<readonly Refusal[]> {
  const owners = await ownersOf(p, turn, 'fetched')
  return refuseErasing(turn.ask, { through: cleaner(p), owners, found })
}

export function markersOn({ operationId }: Turn, namespace: Namespace): Markers {
  const { nsid, sizeBytes, blockBytes } = namespace
  const blocks = sampledBlocks(`${operationId} ${nsid}`, sizeBytes / blockBytes, SAMPLES)
  return { token: operationId, blocks, blockBytes }
}

/** Erases each namespace, and believes none that it has not looked at. */
export function eraseNamespaces(
  p: CleanParams,
  around: Surroundings,
  soFar: ErasedSoFar
): Row {
  return {
    name: ERASE,
    commit: false,
    locks: [],
    guard: async (turn) => {
      const target = targetIn(turn, p)
      if (target === null) return
      pass(ERASE, await refuseOther(turn.ask, target, turn.reboot))
      await untilItIsBack(turn, p)
      const refusals = await onFound(turn, (found) => refuseErasingNow(turn, p, found))
      // Who looks into a disk for longer, while it is erased for hours, lets go again.
      const isOpen = ({ check }: Refusal) => check === 'namespace-open'
      const others = refusals.filter((one) => !isOpen(one))
      pass(ERASE, others)
      waitUnless(refusals.filter(isOpen), turn, ERASE)
    },
    run: async (turn) => {
      const found = namespacesFound(turn.outputs)
      if (found === null) return { output: null }
      const fn = cleaner(p)
      const sizes = found.namespaces.map(({ sizeBytes }) => sizeBytes)
      const namespaces: Erased['namespaces'] = []
      for (const [at, namespace] of found.namespaces.entries()) {
        const part = {
          sizeBytes: namespace.sizeBytes,
          beforeBytes: sum(sizes.slice(0, at)),
          totalBytes: sum(sizes),
        }
        const erasing = { ...part, turn, fn, found, namespace, around, soFar }
        await eraseOne(erasing)
        namespaces.push(await verified(erasing))
      }
      soFar.forget(turn.operationId)
      const condition = await turn.ask({ read: 'condition', fn })
      return { output: { namespaces, condition, at: isoTime(around.clock.nowMs()) } }
    },
  }
}

/**
 * While a Format has not come back its drive is asked nothing: some answer no other command meanwhile, and the kernel resets
 * a controller that does not answer, which ends the Format. Of no block the markers are told by the lane of erases alone.
 *
 * @throws {HostBlocked}
 */
async function untilItIsBack({ ask, operationId, outputs }: Turn, p: CleanParams) {
  const [first] = namespacesFound(outputs)?.namespaces ?? []
  if (!first) return
  const { nsid, blockBytes } = first
  const markers = { token: operationId, blocks: [], blockBytes }
  await ask({ read: 'markers', fn: cleaner(p), nsid, markers })
}

export function evidenceOf(
  { nsid, sizeBytes }: Namespace,
  { blocks }: Markers,
  { marked, written }: MarkersFound
) {
  return {
    nsid,
    sizeBytes,
    sampledBlocks: [...blocks],
    markersLeft: marked.length,
    notZero: written.length,
  }
}

type Erasing = ErasePart & {
  readonly turn: Turn
  readonly fn: PciAddress
  readonly found: Found
  readonly namespace: Namespace
  readonly around: Surroundings
  readonly soFar: ErasedSoFar
}

function sum(bytes: readonly number[]): number {
  return bytes.reduce((so, more) => so + more, 0)
}

async function eraseOne(erasing: Erasing): Promise<void> {
  const { turn, fn, found, namespace, soFar } = erasing
  if (soFar.bytes(erasing) === namespace.sizeBytes) return
  if (found.erase.method === 'overwrite') return overwrite(erasing)
  await turn.apply({
    change: 'formatNamespace',
    fn,
    nsid: namespace.nsid,
    secureErase: found.erase.secureErase,
    markers: markersOn(turn, namespace),
  })
  soFar.note(erasing, namespace.sizeBytes)
}

const SLICE_BYTES = 256 << 20
/** So that a stop of the service waits no longer. */
const TURN_MS = 5_000

/** @throws {HostBlocked} when its turn is over: it is asked again at once, and goes on */
async function overwrite(erasing: Erasing): Promise<void> {
  const { turn, fn, namespace, around, soFar } = erasing
  const { nsid, sizeBytes } = namespace
  const until = around.clock.monotonicMs() + TURN_MS
  for (;;) {
    const fromByte = soFar.bytes(erasing)
    const toByte = Math.min(fromByte + SLICE_BYTES, sizeBytes)
    await turn.apply({ change: 'overwriteNamespace', fn, nsid, fromByte, toByte })
    soFar.note(erasing, toByte)
    if (toByte === sizeBytes) return
    if (around.clock.monotonicMs() >= until)
      throw waiting(turn, `overwriting namespace ${nsid} through ${fn}, which goes on`)
  }
}

/** No marker is left; where all was overwritten, nothing but zeroes. @throws ControlPlaneError guard */
async function verified(erasing: Erasing): Promise<Erased['namespaces'][number]> {
  const { turn, fn, found, namespace, soFar } = erasing
  const { nsid } = namespace
  const markers = markersOn(turn, namespace)
  const { marked, written } = await turn.ask({ read: 'markers', fn, nsid, markers })
  const left = found.erase.method === 'overwrite' ? written : marked
  if (left.length > 0) {
    soFar.note(erasing, 0) // tried again from its start
    throw refused(`erasing namespace ${nsid}`, [unerased(fn, nsid, left)])
  }
  const evidence = evidenceOf(namespace, markers, { marked, written })
  return { ...evidence, method: methodInWords(found.erase) }
}

export function unerased(fn: PciAddress, nsid: number, blocks: readonly number[]): Refusal {
  return {
    check: 'not-erased',
    device: `${fn} namespace ${nsid}`,
    reason: `blocks ${blocks.join(', ')} of namespace ${nsid} can still be read as they were`,
    remedy: 'Release the function again; if that does not help, take the drive out of use.',
  }
}
