/** CPUs that submit to I/O queue `queue` (0-based): equal runs of neighbours. Source: Linux lib/group_cpus.c, blk_mq_pci_map_queues. */
export function queueCpus(cpus: number, queues: number, queue: number): readonly number[] {
  return Array.from({ length: cpus }, (_, cpu) => cpu).filter(
    (cpu) => Math.floor((cpu * queues) / cpus) === queue
  )
}
