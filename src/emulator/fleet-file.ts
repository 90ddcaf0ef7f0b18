/** Machine files (NVIRT_FLEET=path), YAML or JSON: loaded whole, or refused with file, line and field of every fault. */
import { readFileSync } from 'node:fs'
import { inconsistencies } from './fleet-consistency.ts'
import { fleetSchema } from './fleet-schema.ts'
import { shapeFaults } from './fleet-shape.ts'
import { readFleetText } from './fleet-yaml.ts'
import type { LocatedFault } from './fleet-yaml.ts'
import type { FleetDescription } from './fleet.ts'

/** Nobody reads more at once. */
const MOST_IN_MESSAGE = 50

/** Its message has a line for each fault: `fleet.yaml:12: hosts[0].cpus: must be …`. */
export class FleetFileError extends Error {
  readonly file: string
  /** In the order of the file; empty when it could not be read, which the cause explains. */
  readonly faults: readonly LocatedFault[]

  constructor(file: string, faults: readonly LocatedFault[], cause?: unknown) {
    super(inWords(file, faults), cause === undefined ? undefined : { cause })
    this.name = 'FleetFileError'
    this.file = file
    this.faults = faults
  }
}

/** @throws {FleetFileError} */
export function readFleetFile(file: string): FleetDescription {
  return parseFleet(textOf(file), file)
}

/** @param file what errors call it @throws {FleetFileError} */
export function parseFleet(text: string, file: string): FleetDescription {
  const { syntax, content, lineOf } = readFleetText(text)
  const malformed = content ? shapeFaults(fleetSchema, content.value) : []
  const contradictory = content ? inconsistencies(content.value, malformed) : []
  const faults = [...malformed, ...contradictory].map((fault) => ({
    ...fault,
    line: lineOf(fault.field),
  }))
  const all = [...syntax, ...faults].toSorted((a, b) => a.line - b.line)
  if (!content || all.length > 0) throw new FleetFileError(file, all)
  return content.value as FleetDescription // as its schema says: nothing was malformed
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new FleetFileError(file, [], cause)
  }
}

function inWords(file: string, faults: readonly LocatedFault[]): string {
  if (faults.length === 0) return `${file}: cannot be read`
  const shown = faults.slice(0, MOST_IN_MESSAGE)
  const more = faults.length - shown.length
  return [
    ...shown.map(({ line, field, reason }) => `${file}:${line}: ${field}: ${reason}`),
    ...(more > 0 ? [`${file}: and ${more} more`] : []),
  ].join('\n')
}
