/** `capture`: this machine, as a file that the emulator loads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Document, isScalar, visit } from 'yaml'
import { anonymous } from './capture/anonymous.ts'
import { captureHost } from './capture/capture-host.ts'
import { CaptureError } from './capture/kernel-reads.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { parseFleet } from './emulator/fleet-file.ts'
import type { FleetDescription } from './emulator/fleet.ts'
import type { Kernel } from './kernel/kernel.ts'
import { realKernel } from './kernel/real-kernel.ts'
import { linuxHost } from './linux/linux-host.ts'

export const CAPTURE_USAGE = 'capture [--anonymous] [FILE]'

/**
 * Writes the file, or the text to standard output. Needs root.
 *
 * @throws {CaptureError} arguments that it does not have, or a machine that cannot be captured
 */
export async function captureCommand(args: readonly string[]): Promise<void> {
  const { file, hideNames } = optionsOf(args)
  const laneFolder = mkdtempSync(path.join(tmpdir(), 'nvirt-capture-'))
  const kernel = realKernel({ clock: systemClock, laneFolder })
  try {
    const text = await machineFileOf(kernel, systemClock, hideNames)
    if (file === undefined) process.stdout.write(text)
    else writeFileSync(file, text)
  } finally {
    await kernel.close()
    rmSync(laneFolder, { recursive: true, force: true })
  }
}

function optionsOf(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { anonymous: { type: 'boolean', default: false } },
    })
    if (positionals.length > 1) throw new Error('give one file, or none')
    return { file: positionals[0], hideNames: values.anonymous }
  } catch (cause) {
    throw new CaptureError(`the usage is ${CAPTURE_USAGE}`, cause)
  }
}

/** @throws {CaptureError} @throws {FleetFileError} the emulator would not load it */
export async function machineFileOf(
  kernel: Kernel,
  clock: Clock,
  hideNames: boolean
): Promise<string> {
  const driver = linuxHost(kernel, clock, { machineId: () => '0'.repeat(32) })
  try {
    const host = await captureHost(kernel, driver, clock)
    const fleet = { hosts: [hideNames ? anonymous(host) : host] } satisfies FleetDescription
    const text = yamlOf(fleet)
    parseFleet(text, 'capture')
    return text
  } finally {
    await driver.close()
  }
}

/** PCI's numbers, which people know in hex. */
const HEX = new Set([
  'classCode',
  'vendor',
  'device',
  'subsystemVendor',
  'subsystemDevice',
  'vfDevice',
])

function yamlOf(fleet: FleetDescription): string {
  const document = new Document(fleet, { aliasDuplicateObjects: false })
  visit(document, {
    Pair: (_, { key, value }) => {
      const isNumber = isScalar(value) && typeof value.value === 'number'
      if (isScalar(key) && HEX.has(String(key.value)) && isNumber) value.format = 'HEX'
    },
  })
  return document.toString()
}
