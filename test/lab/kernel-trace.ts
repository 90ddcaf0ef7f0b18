/**
 * What the kernel was really asked to change, seen by the kernel itself: a probe on the functions behind the attributes.
 * Source: Linux Documentation/trace/kprobetrace.rst; drivers/pci/iov.c sriov_numvfs_store (device, attribute, text).
 */
import type { AgentClient } from './agent-client.ts'

const TRACING = '/sys/kernel/tracing'

/** Counts, from now on, what is written to any function's sriov_numvfs. */
export async function traceVfCounts(agent: AgentClient): Promise<void> {
  const probe = 'p:nvirt/vfcount sriov_numvfs_store text=+0(%dx):string'
  await agent.shell(`echo '${probe}' >> ${TRACING}/kprobe_events`)
  await agent.shell(`echo 1 > ${TRACING}/events/nvirt/vfcount/enable`)
}

/** Texts that reached sriov_numvfs since the trace was started or cleared, oldest first. */
export async function vfCountsWritten(agent: AgentClient): Promise<readonly string[]> {
  const trace = await agent.text(`${TRACING}/trace`)
  return [...trace.matchAll(/vfcount: .*text="(\d+)/g)].map((match) => match[1] ?? '')
}

export async function clearTrace(agent: AgentClient): Promise<void> {
  await agent.shell(`echo > ${TRACING}/trace`)
}
