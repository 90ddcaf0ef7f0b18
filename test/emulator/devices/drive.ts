/** A drive without a Linux: its controllers, and commands to them, in a line each. */
import { adminCommand } from '../../../src/emulator/devices/admin-command.ts'
import { buildDrive } from '../../../src/emulator/devices/build-drive.ts'
import type { DeviceName } from '../../../src/emulator/devices/device-policy.ts'
import type { Completion } from '../../../src/emulator/devices/status.ts'
import type {
  NvmeController,
  NvmeSubsystem,
  PrimaryController,
} from '../../../src/emulator/devices/subsystem.ts'
import type {
  ControllerDescription,
  SubsystemDescription,
} from '../../../src/emulator/fleet.ts'
import type { AdminCommand } from '../../../src/kernel/call.ts'

export const ASSIGN = 8
export const ONLINE = 9
export const OFFLINE = 7
export const TO_PRIMARY = 1
export const VQ = 0
export const VI = 1

const MIB = 2 ** 20
export const NAMESPACE_BYTES = 64 * MIB

type Sriov = NonNullable<ControllerDescription['sriov']>

const SRIOV: Sriov = {
  totalVfs: 4,
  vqFlexible: 16,
  viFlexible: 12,
  maxVqPerVf: 8,
  maxViPerVf: 6,
  vqPrivate: 3,
  viPrivate: 9,
}

export type TestDrive = {
  readonly subsystem: NvmeSubsystem
  readonly controllers: readonly NvmeController[]
  /** The first controller. */
  readonly first: NvmeController
  readonly send: (command: AdminCommand, to?: NvmeController) => Completion
  /** Status, in hex. */
  readonly status: (command: AdminCommand, to?: NvmeController) => string
  readonly identify: (cns: number, nsid?: number, to?: NvmeController) => Buffer
  readonly log: (id: number, bytes?: number, to?: NvmeController) => Buffer
  readonly virt: (action: number, cntlid: number, resource?: number, n?: number) => string
  readonly attach: (nsid: number, cntlid: number, to?: NvmeController) => string
  readonly detach: (nsid: number, cntlid: number, to?: NvmeController) => string
  /** Moves the clock of `use` on. */
  readonly pass: (ms: number) => void
}

export type DriveOptions = {
  readonly sriov?: Partial<Sriov> | 'none'
  readonly cntlid?: number
  readonly namespaces?: SubsystemDescription['namespaces']
  readonly controllers?: readonly ControllerDescription[]
  readonly capacityBytes?: number
}

/** Four VFs, one namespace that is attached at start and two that are not. */
export function driveOf(device: DeviceName, options: DriveOptions = {}): TestDrive {
  const { sriov = {}, cntlid, capacityBytes } = options
  const controller: ControllerDescription = {
    address: '0000:01:00.0',
    device,
    ioQueues: 2,
    ...(cntlid === undefined ? {} : { cntlid }),
    ...(sriov === 'none' ? {} : { sriov: { ...SRIOV, ...sriov } }),
  }
  const { subsystem, controllers } = buildDrive({
    nqn: 'nqn.2026-01.example:drive',
    serial: 'S1',
    model: 'Example',
    firmware: '1.0',
    vendor: 0x1b36,
    device: 0x0010,
    ...(capacityBytes === undefined ? {} : { capacityBytes }),
    controllers: options.controllers ?? [controller],
    namespaces: options.namespaces ?? [1, 2, 3].map((nsid) => namespace(nsid, nsid === 1)),
  })
  return commandsTo(
    subsystem,
    controllers.map((one) => one.controller)
  )
}

export function namespace(nsid: number, attached: boolean) {
  return { nsid, sizeBytes: NAMESPACE_BYTES, blockBytes: 512, attached, shared: true }
}

function commandsTo(
  subsystem: NvmeSubsystem,
  controllers: readonly NvmeController[]
): TestDrive {
  const [first] = controllers
  if (!first) throw new Error('a drive has a controller')
  let poweredOnMs = 0
  const nothing = { reads: 0, writes: 0, readBytes: 0, writtenBytes: 0 }
  const send = (command: AdminCommand, to = first) =>
    adminCommand(to, command, { poweredOnMs, served: () => nothing })
  const status = (command: AdminCommand, to = first) =>
    `0x${send(command, to).status.toString(16)}`
  const data = (command: AdminCommand, to: NvmeController) => {
    const completion = send(command, to)
    if (completion.status !== 0) throw new Error(`0x${completion.status.toString(16)}`)
    return Buffer.from(completion.data)
  }
  return {
    subsystem,
    controllers,
    first,
    send,
    status,
    identify: (cns, nsid = 0, to = first) => data({ opcode: 0x06, nsid, cdw10: cns }, to),
    log: (id, bytes = 512, to = first) =>
      data({ opcode: 0x02, nsid: ALL, cdw10: (bytes / 4 - 1) * 65536 + id }, to),
    virt: (action, cntlid, resource = 0, n = 0) =>
      status({
        opcode: 0x1c,
        cdw10: cntlid * 65536 + resource * 256 + action,
        cdw11: n,
      }),
    attach: (nsid, cntlid, to = first) => status(attachment(0, nsid, cntlid), to),
    detach: (nsid, cntlid, to = first) => status(attachment(1, nsid, cntlid), to),
    pass: (ms) => (poweredOnMs += ms),
  }
}

export const ALL = 0xffffffff

function attachment(select: number, nsid: number, cntlid: number): AdminCommand {
  const dataOut = Buffer.alloc(4096)
  dataOut.writeUInt16LE(1, 0)
  dataOut.writeUInt16LE(cntlid, 2)
  return { opcode: 0x15, nsid, cdw10: select, dataOut }
}

export function primaryOf({ first }: TestDrive): PrimaryController {
  if (first.kind !== 'primary') throw new Error('no SR-IOV')
  return first
}

/** The controller of a VF, by cntlid. */
export function vfOf({ subsystem }: TestDrive, cntlid: number): NvmeController {
  const found = subsystem.controllers.get(cntlid)
  if (!found) throw new Error(`no controller ${cntlid}`)
  return found
}

/** Of one kind: total, assigned, to the primary, private, most per VF, granularity. */
export function poolOf(drive: TestDrive, kind: 'vq' | 'vi'): readonly number[] {
  const page = drive.identify(0x14)
  const at = kind === 'vq' ? 32 : 64
  return [
    page.readUInt32LE(at),
    page.readUInt32LE(at + 4),
    ...[8, 10, 12, 14].map((offset) => page.readUInt16LE(at + offset)),
  ]
}

/** online, VQ and VI of a secondary, by its place in the list. */
export function secondaryAt(drive: TestDrive, index: number): readonly number[] {
  const page = drive.identify(0x15)
  const at = 32 * (index + 1)
  return [page.readUInt8(at + 4), page.readUInt16LE(at + 10), page.readUInt16LE(at + 12)]
}
