import type { NamespaceView } from '../../inventory/views.ts'
import {
  answerShape,
  choice,
  count,
  flag,
  inline,
  listOf,
  nullable,
  text,
  time,
} from '../shape.ts'

const Attached = inline<NamespaceView['attachedTo'][number]>('A controller that has it', {
  cntlid: count('Controller id in the subsystem'),
  kind: choice(['controller', 'virtualFunction', 'unknown'], 'What nvirt knows of it'),
  id: nullable(text('Id of that controller or VF')),
})

export const Use = inline<NamespaceView['uses'][number]>(
  'Something on the host that uses it',
  {
    nsid: count('Namespace id'),
    disk: text('Block device: `nvme0n1p2`'),
    use: choice(['mount', 'swap', 'holder', 'exclusive-open', 'open'], 'Kind of use'),
    by: text('Mount point, name of the holder, or who has it open'),
  }
)

export const NamespaceShape = answerShape<NamespaceView>(
  'Namespace',
  'A namespace of an NVMe subsystem, and who has it',
  {
    id: text('Opaque id: of NGUID, EUI64 or UUID, else of subsystem and nsid'),
    hostId: text('Host that sees it'),
    present: flag('Still there'),
    subsystemNqn: text('NVMe qualified name of the subsystem'),
    serial: text('Serial number of the controllers of the subsystem'),
    nsid: count('Namespace id'),
    nguid: nullable(text('NGUID, hex')),
    eui64: nullable(text('EUI64, hex')),
    uuid: nullable(text('UUID, hex')),
    sizeBytes: text('Size in bytes, decimal'),
    blockBytes: count('Bytes of a block'),
    metadataBytes: count('Bytes of metadata of a block'),
    shared: flag('May be attached to several controllers'),
    attachedTo: listOf(Attached, 'Controllers that it is attached to'),
    disks: listOf(text('Block device'), 'Block devices that the host has for it'),
    uses: listOf(Use, 'What on the host uses it'),
    observedAt: time('When this was seen'),
  }
)
