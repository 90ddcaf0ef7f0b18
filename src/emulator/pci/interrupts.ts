/** Interrupt vectors, and /proc/interrupts. Source: Linux kernel/irq/proc.c, show_interrupts; drivers/nvme/host/pci.c. */
import { ahciControllers } from '../ahci/ahci-controller.ts'
import { ahciInterruptName, ahciInterrupts } from '../ahci/sata-counters.ts'
import { controllerName } from '../nvme-driver/host-controller.ts'
import type { HostController } from '../nvme-driver/host-controller.ts'
import type { EmulatedLinux, GroupHold, GuestDevice } from '../linux.ts'
import { kernelIsAtLeast } from '../linux.ts'
import { routingId } from '../../nvme/pci-address.ts'
import { queueCpus } from '../nvme-driver/queue-cpus.ts'
import type { PciFunction } from './pci-function.ts'

/** Numbers below belong to the chipset, as in the lab. */
const FIRST_IRQ = 33

export function allocateIrqs(linux: EmulatedLinux, count: number): readonly number[] {
  const taken = new Set([...linux.controllers.values(), ...guests(linux)].flatMap(irqsOf))
  for (const { irq } of linux.ahci.values()) taken.add(irq)
  const irqs: number[] = []
  for (let irq = FIRST_IRQ; irqs.length < count; irq++) if (!taken.has(irq)) irqs.push(irq)
  return irqs
}

function irqsOf({ irqs }: { readonly irqs: readonly number[] }): readonly number[] {
  return irqs
}

function guests(linux: EmulatedLinux): readonly GuestDevice[] {
  return [...linux.holds.values()].flatMap((hold) => hold.guests)
}

/** Of whoever drives the function. */
export function functionIrqs(
  controller: HostController | undefined,
  hold: GroupHold | undefined,
  fn: PciFunction
): readonly number[] {
  return controller?.irqs ?? hold?.guests.find((guest) => guest.fn === fn)?.irqs ?? []
}

export type InterruptLine = {
  readonly irq: number
  readonly fn: PciFunction
  readonly message: 'MSI' | 'MSIX'
  readonly vector: number
  /** `nvme3q0` and `nvme3q1` when both share the vector. */
  readonly names: readonly string[]
  readonly cpu: number
  /** @param now ms of uptime */
  readonly count: (now: number) => number
}

export function interruptLines(linux: EmulatedLinux): readonly InterruptLine[] {
  return [
    ...[...linux.controllers.values()].flatMap((one) => controllerLines(linux, one)),
    ...guests(linux).flatMap((guest) => guestLines(linux, guest)),
    ...ahciLines(linux),
  ].toSorted((a, b) => a.irq - b.irq)
}

function controllerLines(
  linux: EmulatedLinux,
  controller: HostController
): readonly InterruptLine[] {
  const name = controllerName(controller)
  const shared = controller.irqs.length === 1
  return controller.irqs.map((irq, vector) => ({
    irq,
    fn: controller.fn,
    message: 'MSIX',
    vector,
    names: shared ? [`${name}q0`, `${name}q1`] : [`${name}q${vector}`],
    cpu: vector === 0 ? 0 : firstCpu(linux, controller.queueCount - 1, vector - 1),
    count: (now) => vectorCount(controller, vector, now),
  }))
}

/** Interrupts of one vector: of completions, which the drive may signal together; the admin queue's are each signalled. */
export function vectorCount(
  { irqs, admin, meter }: HostController,
  vector: number,
  now: number
): number {
  if (irqs.length === 1) return admin + meter.interrupts(0, now)
  return vector === 0 ? admin : meter.interrupts(vector - 1, now)
}

function guestLines(linux: EmulatedLinux, guest: GuestDevice): readonly InterruptLine[] {
  return guest.irqs.map((irq, vector) => ({
    irq,
    fn: guest.fn,
    message: 'MSIX',
    vector,
    names: [`vfio-msix[${vector}](${guest.fn.address})`],
    cpu: vector === 0 ? 0 : firstCpu(linux, guest.meter.queues, vector - 1),
    count: (now) => guestVectorCount(linux, guest, vector, now),
  }))
}

function ahciLines(linux: EmulatedLinux): readonly InterruptLine[] {
  return ahciControllers(linux).flatMap((controller) => {
    const fn = linux.functions.get(controller.address)
    if (!fn) return []
    return {
      irq: controller.irq,
      fn,
      message: 'MSI',
      vector: 0,
      names: [ahciInterruptName(controller)],
      cpu: 0,
      count: (now) => ahciInterrupts(controller, now),
    }
  })
}

/** Completions of a guest's admin queue while it came up. */
const GUEST_SETUP = 24

/** Posted ones are not counted; KVM posts none while the guest comes up and has not set its vectors yet. */
export function guestVectorCount(
  { facts }: EmulatedLinux,
  { irqs, meter }: GuestDevice,
  vector: number,
  now: number
): number {
  if (facts.interruptPosting) return vector === 0 ? GUEST_SETUP : 0
  if (irqs.length === 1) return GUEST_SETUP + meter.interrupts(0, now)
  return vector === 0 ? GUEST_SETUP : meter.interrupts(vector - 1, now)
}

function firstCpu(linux: EmulatedLinux, queues: number, queue: number): number {
  return queueCpus(linux.facts.cpus, queues, queue)[0] ?? 0
}

export function interruptsText(linux: EmulatedLinux): string {
  const { cpus } = linux.facts
  const now = linux.uptimeMs()
  const header = `${' '.repeat(11)}${Array.from({ length: cpus }, (_, i) => `CPU${i}`.padEnd(11)).join('')}`
  const lines = interruptLines(linux).map((line) => {
    const counts = Array.from({ length: cpus }, (_, cpu) =>
      String(cpu === line.cpu ? line.count(now) : 0).padStart(11)
    )
    const irq = String(line.irq).padStart(3)
    return `${irq}:${counts.join('')}  ${chip(linux, line)}      ${line.names.join(', ')}`
  })
  return [header.trimEnd(), ...lines, ...ARCHITECTURE_LINES].join('\n') + '\n'
}

/** Lines without a device; a reader has to skip them. */
const ARCHITECTURE_LINES = ['ERR:          0', 'MIS:          0']

function chip(linux: EmulatedLinux, { fn, message, vector }: InterruptLine): string {
  if (kernelIsAtLeast(linux, 6, 3)) return `IR-PCI-${message}-${fn.address}  ${vector}-edge`
  return `IR-PCI-MSI ${routingId(fn.address) * 2048 + vector}-edge`
}
