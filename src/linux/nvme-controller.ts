/**
 * The nvme driver's instance of a function. Its name moves with every binding, so it is looked up each time; a command
 * goes to the controller's own character device, never to a block device, which picks a path by itself.
 */
import type { Kernel } from '../kernel/kernel.ts'
import { HostDriverError } from '../host/driver.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { ifPresent, readCount, readText } from './small-files.ts'
import { attributePath, controllerPath, NVME_CONTROLLERS } from './sysfs-paths.ts'

/** `nvme0`; null while the nvme driver has none for the function. */
export async function controllerNameOf(
  kernel: Kernel,
  fn: PciAddress
): Promise<string | null> {
  const path = attributePath(fn, 'nvme')
  const names = await ifPresent(kernel.call({ call: 'readDir', path }))
  return names?.find((name) => /^nvme\d+$/.test(name)) ?? null
}

/** `nvme0`, `nvme1` ...: whatever the nvme drivers have, fabrics among them. */
export async function controllersOfHost(kernel: Kernel): Promise<readonly string[]> {
  const names = await ifPresent(kernel.call({ call: 'readDir', path: NVME_CONTROLLERS }))
  return (names ?? []).filter((name) => /^nvme\d+$/.test(name))
}

/** `live`, `resetting`, `dead` ...; null when the instance has gone. */
export function controllerStateOf(kernel: Kernel, name: string): Promise<string | null> {
  return ifPresent(readText(kernel.call, `${controllerPath(name)}/state`))
}

/** As the controller identified itself. */
export function cntlidOf(kernel: Kernel, name: string): Promise<number> {
  return readCount(kernel.call, `${controllerPath(name)}/cntlid`)
}

/** Name of the function's controller. @throws {HostDriverError} controller-not-live */
export async function liveController(kernel: Kernel, fn: PciAddress): Promise<string> {
  const name = await controllerNameOf(kernel, fn)
  const state = name === null ? null : await controllerStateOf(kernel, name)
  if (name !== null && state === 'live') return name
  throw new HostDriverError(`asking the controller of ${fn}`, {
    kind: 'controller-not-live',
    state,
  })
}

type ControllerIdentity = {
  readonly serial: string
  readonly subsystemNqn: string
  readonly cntlid: number
}

/**
 * What sysfs prints of a controller until nvme has identified it and knows its subsystem, `(null)` before Linux 5.2. nvmeX is
 * there earlier, by as long as the drive takes to get ready.
 * Source: Linux drivers/nvme/host/core.c, nvme_init_subsystem; lib/vsprintf.c, check_pointer_msg.
 */
const NOT_IDENTIFIED: readonly string[] = ['(efault)', '(null)']

/** null when it has not told yet who it is, or went away in the meantime. */
export function controllerIdentityOf(
  kernel: Kernel,
  name: string
): Promise<ControllerIdentity | null> {
  return ifPresent(readIdentity(kernel, name))
}

/** The serial first: where that is known, so is all else. */
async function readIdentity(
  kernel: Kernel,
  name: string
): Promise<ControllerIdentity | null> {
  const text = (file: string) => readText(kernel.call, `${controllerPath(name)}/${file}`)
  const serial = await text('serial')
  if (NOT_IDENTIFIED.includes(serial)) return null
  return {
    serial,
    subsystemNqn: await text('subsysnqn'),
    cntlid: await cntlidOf(kernel, name),
  }
}

export type ControllerAttributes = ControllerIdentity & {
  readonly state: string
  readonly model: string
  readonly firmware: string
  readonly queueCount: number
  readonly queueDepth: number
}

/** null when it has not told yet who it is, or went away in the meantime. */
export function attributesOf(
  kernel: Kernel,
  name: string
): Promise<ControllerAttributes | null> {
  return ifPresent(readAttributes(kernel, name))
}

async function readAttributes(
  kernel: Kernel,
  name: string
): Promise<ControllerAttributes | null> {
  const text = (file: string) => readText(kernel.call, `${controllerPath(name)}/${file}`)
  const count = (file: string) => readCount(kernel.call, `${controllerPath(name)}/${file}`)
  const identity = await readIdentity(kernel, name)
  if (identity === null) return null
  return {
    ...identity,
    state: await text('state'),
    model: await text('model'),
    firmware: await text('firmware_rev'),
    queueCount: await count('queue_count'),
    // sqsize is 0's based.
    queueDepth: (await count('sqsize')) + 1,
  }
}
