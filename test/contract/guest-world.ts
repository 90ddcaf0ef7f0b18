/** The lab's guest as a world of the contract: other processes hold VFIO devices and mount disks. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync } from 'node:fs'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { LAB_EXPECTATIONS, LAB_PF, LAB_PLAIN } from './world.ts'
import type { KernelWorld } from './world.ts'

export type GuestTools = {
  /** The program that opens a VFIO device and says `held`. */
  readonly holdVfio: string
  readonly nodeModules: string
}

export function guestWorld(kernel: Kernel, tools: GuestTools): KernelWorld {
  return {
    kernel,
    pf: LAB_PF,
    plain: LAB_PLAIN,
    expectations: LAB_EXPECTATIONS,
    holdVfio: (group, address) => holdVfio(tools, group, address),
    openDisk,
    mount: async (disk) => mount(disk),
  }
}

async function holdVfio(
  { holdVfio: program, nodeModules }: GuestTools,
  group: number,
  address: string
): Promise<() => Promise<void>> {
  const holder = spawn(process.execPath, [program, nodeModules, String(group), address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(holder, 'exit')
  await Promise.race([
    once(holder.stdout, 'data'),
    ended.then(() => {
      throw new Error(`${address} could not be held`)
    }),
  ])
  return async () => {
    holder.kill('SIGKILL')
    await ended
  }
}

async function openDisk(path: string): Promise<() => Promise<void>> {
  const disk = openSync(path, 'r')
  const opener = spawn('sleep', ['3600'], { stdio: [disk, 'ignore', 'ignore'] })
  const ended = once(opener, 'exit')
  await once(opener, 'spawn')
  closeSync(disk)
  return async () => {
    opener.kill('SIGKILL')
    await ended
  }
}

function mount(disk: string): () => Promise<void> {
  const point = mkdtempSync('/run/contract-mount-')
  execFileSync('busybox', ['mke2fs', `/dev/${disk}`], { stdio: 'ignore' })
  execFileSync('mount', ['-t', 'ext2', `/dev/${disk}`, point])
  return async () => void execFileSync('umount', [point])
}
