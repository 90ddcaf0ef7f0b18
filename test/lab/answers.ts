/** What tests of the lab read off nvirt's answers. */
import type { TelemetryFrame } from '../../src/telemetry/telemetry.ts'
import type { AssignmentView } from '../../src/workflows/workflows.ts'
import type { Lab } from './lab.ts'

/** QEMU's VFs let their tenant reach others. */
export const TRUSTED = { accept: ['not-tenant-safe'] } as const

/** Assigned, and its operation ended. */
export async function assign(client: Lab['client'], body: object): Promise<AssignmentView> {
  const { subject } = await client.perform('POST', '/v1/assignments', body)
  return client.get<AssignmentView>(`/v1/assignments/${subject.id}`)
}

/** Commands per second of one queue; NaN: not observed. */
export function rateOf(frame: TelemetryFrame, qid: number): number {
  if (!frame.observed) return Number.NaN
  return frame.queues.commandsPerSecond[frame.queues.qid.indexOf(qid)] ?? Number.NaN
}

/** Commands in flight on one queue; NaN: not observed. */
export function inFlightOf(frame: TelemetryFrame, qid: number): number {
  if (!frame.observed) return Number.NaN
  return frame.queues.inFlight[frame.queues.qid.indexOf(qid)] ?? Number.NaN
}
