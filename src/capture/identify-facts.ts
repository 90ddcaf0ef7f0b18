/**
 * What only a controller itself says, and no scan asks. Source: NVMe Base 2.1, "Identify Controller Data Structure" (CMIC),
 * "Number of Queues"; NVM Command Set 1.0, "Identify Namespace Data Structure" (NLBAF, LBA formats).
 */
import type { AdminCommand } from '../kernel/call.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { CNS, FEATURE, identify, OPCODE } from '../nvme/admin-commands.ts'
import { decodeIdentifyController } from '../nvme/identify-controller.ts'
import { fieldsOf } from '../nvme/little-endian.ts'
import { statusCode } from '../nvme/status.ts'
import type { CapturedFormat } from './captured-host.ts'
import { throughLane } from './kernel-reads.ts'

/** A controller that can be asked: its lane's key, and its name. */
export type Asked = { readonly address: string; readonly name: string }

export type OwnWords = {
  /** CMIC bit 1. */
  readonly severalControllers: boolean
  /** OACS bit 7. */
  readonly virtualizationManagement: boolean
}

/** undefined: it refuses. */
export async function ownWords(
  kernel: Kernel,
  asked: Asked
): Promise<OwnWords | undefined> {
  const answer = await ask(kernel, asked, identify(CNS.controller))
  if (!answer) return undefined
  return {
    severalControllers: (fieldsOf(answer.data).u8(76) & 2) !== 0,
    virtualizationManagement: decodeIdentifyController(answer.data).optional
      .virtualizationManagement,
  }
}

/** The least of submission and completion queues that it has allocated; undefined: it does not tell. */
export async function allocatedQueues(
  kernel: Kernel,
  asked: Asked
): Promise<number | undefined> {
  const answer = await ask(kernel, asked, {
    opcode: OPCODE.getFeatures,
    cdw10: FEATURE.numberOfQueues,
  })
  if (!answer) return undefined
  return Math.min(answer.result & 0xffff, answer.result >>> 16) + 1
}

const FIRST_FORMAT = 128

/** In the order of their numbers; undefined: it does not tell. @param nsid of a namespace that it may be asked about */
export async function formatsOf(
  kernel: Kernel,
  asked: Asked,
  nsid: number
): Promise<readonly CapturedFormat[] | undefined> {
  const answer =
    (await ask(kernel, asked, identify(CNS.allocatedNamespace, { nsid }))) ??
    (await ask(kernel, asked, identify(CNS.namespace, { nsid })))
  if (!answer) return undefined
  const fields = fieldsOf(answer.data)
  return Array.from({ length: fields.u8(25) + 1 }, (_, i) => ({
    blockBytes: 2 ** fields.u8(FIRST_FORMAT + 4 * i + 2),
    metadataBytes: fields.u16(FIRST_FORMAT + 4 * i),
  }))
}

/** undefined: the controller refuses. */
async function ask(kernel: Kernel, { address, name }: Asked, command: AdminCommand) {
  const call = { call: 'admin', device: `/dev/${name}`, command } as const
  const answer = await throughLane(kernel, address, call)
  return statusCode(answer.status) === 0 ? answer : undefined
}
