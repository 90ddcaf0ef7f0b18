/** Block devices of the guest, and load on them, without nvirt. */
import type { AgentClient } from './agent-client.ts'

/** The device that is read and written for a namespace: `/dev/nvme0n2`. */
export function diskPath(disks: readonly string[]): string {
  const [name] = disks
  if (name === undefined) throw new Error('the namespace has no disk')
  return `/dev/${name}`
}

/**
 * The I/O queue that serves a CPU on the controller at an address. blk-mq's hardware context N is NVMe queue N + 1.
 * Source: Linux drivers/nvme/host/pci.c nvme_init_hctx.
 */
export async function queueOfCpu(
  agent: AgentClient,
  address: string,
  cpu: number
): Promise<number> {
  const lists = await agent.shell(
    `cd /sys/bus/pci/devices/${address}/nvme/*/nvme*n*/mq && grep -H . */cpu_list`
  )
  for (const line of lists.trim().split('\n')) {
    const [where = '', cpus = ''] = line.split(':')
    if (cpus.split(',').map(Number).includes(cpu)) return Number.parseInt(where, 10) + 1
  }
  throw new Error(`no queue of ${address} serves CPU ${cpu}:\n${lists}`)
}

/** Reads the disk, round and round, from one CPU. */
export async function startLoad(
  agent: AgentClient,
  disk: string,
  cpu: number
): Promise<() => Promise<void>> {
  const reads = `while dd if=${disk} of=/dev/null bs=4k iflag=direct status=none; do :; done`
  await agent.ask({
    ask: 'start',
    name: 'load',
    command: ['taskset', '-c', String(cpu), 'bash', '-c', reads],
    log: '/run/load.log',
  })
  return async () => {
    // The shell and its dd: both have the load's process group.
    await agent.shell(`pkill -KILL -f 'if=${disk}'`)
    await agent.ask({ ask: 'end', name: 'load' })
  }
}

/** Makes a file system on the disk, and mounts it. */
export async function mountFileSystem(
  agent: AgentClient,
  disk: string,
  mountPoint: string
): Promise<() => Promise<void>> {
  await agent.run('busybox', 'mke2fs', disk)
  await agent.shell(`mkdir -p ${mountPoint} && mount -t ext2 ${disk} ${mountPoint}`)
  return async () => {
    await agent.run('umount', mountPoint)
  }
}

/** A process has it open until the returned function has ended it. */
export async function openPlainly(
  agent: AgentClient,
  disk: string
): Promise<() => Promise<void>> {
  const command = ['bash', '-c', `exec sleep 3600 <${disk}`]
  await agent.ask({ ask: 'start', name: 'opener', command, log: '/run/opener.log' })
  await agent.shell("until pgrep -f '^sleep 3600'; do sleep 0.1; done")
  return async () => {
    await agent.shell("pkill -f '^sleep 3600'")
    await agent.ask({ ask: 'end', name: 'opener' })
  }
}
