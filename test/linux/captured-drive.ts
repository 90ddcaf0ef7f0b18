/** Admin commands of the captured machine's two controllers, from a small state that tests look at and change. */
import { CNS, OPCODE } from '../../src/nvme/admin-commands.ts'
import { decodeControllerList, encodeControllerList } from '../../src/nvme/id-lists.ts'
import type { AdminAnswer, AdminCommand } from '../../src/kernel/call.ts'
import { patched, u16, u32, u64, type Patch } from '../nvme/captured-pages.ts'
import { data, status } from './captured-machine.ts'

export type Secondary = {
  readonly cntlid: number
  readonly primary?: number
  online: boolean
  vq: number
  vi: number
}

/** The SR-IOV controller is nvme0 with namespaces 1 to 4, the plain one nvme1 with its own namespace 1. */
export class CapturedDrive {
  readonly secondaries: Secondary[] = Array.from({ length: 8 }, (_, i) => ({
    cntlid: i + 1,
    online: false,
    vq: 0,
    vi: 0,
  }))
  /** cntlids by nsid. */
  readonly attached = new Map<number, number[]>([
    [1, [0, 1, 2]],
    [2, []],
    [3, []],
    [4, []],
  ])
  /** OACS bit 3. */
  managesNamespaces = true
  /** It says who has a namespace, as drives do that manage namespaces. */
  tellsAttached = true
  /** CMIC bit 1. */
  hasSiblings = true
  /** NMIC bit 0, of every namespace. */
  sharesNamespaces = true
  /** Changes are accepted and come to nothing. */
  inert = false

  readonly answer = (device: string, command: AdminCommand): AdminAnswer => {
    if (device === '/dev/nvme1') return plain(command)
    if (device !== '/dev/nvme0') throw new Error(`no controller is ${device}`)
    switch (command.opcode) {
      case OPCODE.identify:
        return this.#identify((command.cdw10 ?? 0) & 0xff, command)
      case OPCODE.getLogPage:
        return data(SMART)
      case OPCODE.virtualizationManagement:
        return this.#manage(command)
      case OPCODE.namespaceAttachment:
        return this.#attach(command)
      default:
        return status(0x4001)
    }
  }

  #identify(cns: number, { nsid = 0 }: AdminCommand): AdminAnswer {
    const controllers = this.attached.get(nsid)
    switch (cns) {
      case CNS.controller:
        return data(
          controllerPage(
            0,
            'PF0',
            this.managesNamespaces ? 0x010a : 0x0102,
            this.hasSiblings
          )
        )
      case CNS.activeNamespaces:
        return data(
          nsidPage(this.#nsids().filter((id) => this.attached.get(id)?.includes(0)))
        )
      case CNS.allocatedNamespaces:
        return data(nsidPage(this.#nsids()))
      case CNS.allocatedNamespace:
        return controllers ? data(namespacePage(this.sharesNamespaces)) : status(0x4002)
      case CNS.namespace:
        return controllers?.includes(0)
          ? data(namespacePage(this.sharesNamespaces))
          : data(patched(4096))
      case CNS.attachedControllers:
        return controllers && this.tellsAttached
          ? data(controllerList(controllers))
          : status(0x4002)
      case CNS.namespaceDescriptors:
        return controllers?.includes(0) ? data(patched(4096)) : status(0x4002)
      case CNS.primaryCapabilities:
        return data(this.#capabilities())
      case CNS.secondaryList:
        return data(this.#secondaryPage())
      default:
        return status(0x4002)
    }
  }

  #nsids(): readonly number[] {
    return [...this.attached.keys()]
  }

  #capabilities(): Uint8Array {
    const sum = (kind: 'vq' | 'vi') =>
      this.secondaries.reduce((total, each) => total + each[kind], 0)
    const pool = (at: number, numbers: readonly number[]): readonly Patch[] => [
      { at, bytes: u32(numbers[0] ?? 0) },
      { at: at + 4, bytes: u32(numbers[1] ?? 0) },
      ...numbers.slice(2).map((n, i) => ({ at: at + 8 + 2 * i, bytes: u16(n) })),
    ]
    return patched(
      4096,
      { at: 4, bytes: [3] },
      ...pool(32, [32, sum('vq'), 0, 3, 8, 1]),
      ...pool(64, [24, sum('vi'), 0, 9, 6, 1])
    )
  }

  #secondaryPage(): Uint8Array {
    const entries = this.secondaries.flatMap((each, i): Patch[] => {
      const at = 32 + 32 * i
      return [
        { at, bytes: u16(each.cntlid) },
        { at: at + 2, bytes: u16(each.primary ?? 0) },
        { at: at + 4, bytes: [each.online ? 1 : 0] },
        { at: at + 8, bytes: u16(i + 1) },
        { at: at + 10, bytes: u16(each.vq) },
        { at: at + 12, bytes: u16(each.vi) },
      ]
    })
    return patched(4096, { at: 0, bytes: [this.secondaries.length] }, ...entries)
  }

  #manage({ cdw10 = 0, cdw11 = 0 }: AdminCommand): AdminAnswer {
    const found = this.secondaries.find(({ cntlid }) => cntlid === cdw10 >>> 16)
    if (!found) return status(0x411f)
    if (this.inert) return status(0)
    const act = cdw10 & 0xf
    if (act === 8 && found.online) return status(0x4120)
    if (act === 8) found[(cdw10 & 0x700) === 0 ? 'vq' : 'vi'] = cdw11
    if (act === 9 && (found.vq < 2 || found.vi < 1)) return status(0x4120)
    if (act === 9) found.online = true
    if (act === 7) Object.assign(found, { online: false, vq: 0, vi: 0 })
    return status(0)
  }

  #attach({ nsid = 0, cdw10 = 0, dataOut = new Uint8Array(4096) }: AdminCommand) {
    const controllers = this.attached.get(nsid)
    const asked = decodeControllerList(dataOut)
    if (!controllers) return status(0x4002)
    const attach = (cdw10 & 0xf) === 0
    if (asked.some((cntlid) => attach === controllers.includes(cntlid)))
      return status(attach ? 0x4118 : 0x411a)
    if (this.inert) return status(0)
    const rest = controllers.filter((each) => !asked.includes(each))
    this.attached.set(nsid, attach ? [...rest, ...asked] : rest)
    return status(0)
  }
}

/** As QEMU 7.2 without a subsystem: controller lists are refused. */
function plain({ opcode, cdw10 = 0 }: AdminCommand): AdminAnswer {
  if (opcode === OPCODE.getLogPage) return data(SMART)
  if (opcode !== OPCODE.identify) return status(0x4001)
  switch (cdw10 & 0xff) {
    case CNS.controller:
      return data(controllerPage(0, 'PLAIN0', 0x010a))
    case CNS.activeNamespaces:
    case CNS.allocatedNamespaces:
      return data(nsidPage([1]))
    case CNS.namespace:
      return data(namespacePage(true))
    case CNS.namespaceDescriptors:
      return data(
        patched(4096, {
          at: 0,
          bytes: [3, 16, 0, 0, ...Array.from({ length: 16 }, () => 7)],
        })
      )
    default:
      return status(0x4002)
  }
}

function controllerPage(
  cntlid: number,
  serial: string,
  oacs: number,
  hasSiblings = false
): Uint8Array {
  return patched(
    4096,
    { at: 4, bytes: serial.padEnd(20) },
    { at: 76, bytes: [hasSiblings ? 2 : 0] },
    { at: 78, bytes: u16(cntlid) },
    { at: 256, bytes: u16(oacs) },
    { at: 516, bytes: u32(256) }
  )
}

const namespacePage = (shared: boolean): Uint8Array =>
  patched(
    4096,
    { at: 0, bytes: u64(131072n) },
    { at: 30, bytes: [shared ? 1 : 0] },
    { at: 130, bytes: [9] }
  )

const SMART = patched(512, { at: 1, bytes: u16(323) }, { at: 32, bytes: u64(1n) })

function nsidPage(nsids: readonly number[]): Uint8Array {
  return patched(4096, ...nsids.map((nsid, i) => ({ at: 4 * i, bytes: u32(nsid) })))
}

function controllerList(cntlids: readonly number[]): Uint8Array {
  return cntlids.length === 0 ? patched(4096) : encodeControllerList(cntlids)
}
