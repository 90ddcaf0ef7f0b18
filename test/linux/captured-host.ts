/** The driver under test over the captured machine. */
import type { ApplyContext } from '../../src/host/change.ts'
import type { HostAnswer, HostQuery } from '../../src/host/query.ts'
import {
  HostDriverError,
  type HostDriver,
  type HostFailure,
} from '../../src/host/driver.ts'
import { linuxHost, type LinuxHostOptions } from '../../src/linux/linux-host.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { fakeClock, type FakeClock } from '../support/fake-clock.ts'
import { CapturedDrive } from './captured-drive.ts'
import { CapturedMachine, PF, PLAIN, VF1, VF2 } from './captured-machine.ts'

export const pf = pciAddress(PF)
export const vf1 = pciAddress(VF1)
export const vf2 = pciAddress(VF2)
export const plain = pciAddress(PLAIN)

export const context: ApplyContext = {
  operationId: 'operation',
  step: 'step',
  fence: 1,
  deadlineMs: 2000,
}

export type CapturedHost = {
  readonly clock: FakeClock
  readonly machine: CapturedMachine
  readonly drive: CapturedDrive
  readonly host: HostDriver
}

export function capturedHost(options?: LinuxHostOptions): CapturedHost {
  const clock = fakeClock()
  const machine = new CapturedMachine(clock)
  const drive = new CapturedDrive()
  machine.admin = drive.answer
  return { clock, machine, drive, host: linuxHost(machine.kernel, clock, options) }
}

/** @throws Error when a lane is blocked */
export async function answerTo<Q extends HostQuery>(
  { host }: CapturedHost,
  query: Q
): Promise<HostAnswer<Q>> {
  const reply = await host.ask(query)
  if (!reply.answered) throw new Error(`blocked: ${reply.blocked.call}`)
  return reply.answer
}

/** Binds as a kernel would: a link in the function's directory, and a VFIO group node for vfio-pci. */
export function bindTo(machine: CapturedMachine, fn: string, driver: string): void {
  machine.files.link(
    `/sys/bus/pci/devices/${fn}/driver`,
    `../../../../bus/pci/drivers/${driver}`
  )
  if (driver !== 'vfio-pci') return
  const group = { [VF1]: 9, [VF2]: 10, [PF]: 7, [PLAIN]: 8 }[fn]
  machine.files.text(`/dev/vfio/${group}`, '')
}

export function unbound(machine: CapturedMachine, fn: string): void {
  machine.files.remove(`/sys/bus/pci/devices/${fn}/driver`)
  machine.files.remove(`/sys/bus/pci/devices/${fn}/nvme`)
}

/** Of a change that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<HostFailure> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (cause: unknown) => cause
  )
  if (!(error instanceof HostDriverError)) throw error
  return error.failure
}

/** The outcome of a change that wrote these, in words. */
export const done = (...writes: readonly string[]) => ({ outcome: 'done', writes })
