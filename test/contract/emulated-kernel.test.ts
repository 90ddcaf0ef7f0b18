import { describe, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { KERNEL_CONTRACT, contractRunner } from './kernel-contract.ts'
import { LAB_EXPECTATIONS, LAB_PF, LAB_PLAIN } from './world.ts'
import type { KernelWorld } from './world.ts'

describe('the emulator keeps the kernel’s contract', () => {
  for (const contractCase of KERNEL_CONTRACT)
    test(contractCase.name, async () => contractRunner(await emulatedWorld())(contractCase))
})

async function emulatedWorld(): Promise<KernelWorld> {
  const machine = await emulatedMachine(labLikeHost(), { clock: systemClock })
  return {
    kernel: machine.kernel,
    pf: LAB_PF,
    plain: LAB_PLAIN,
    expectations: LAB_EXPECTATIONS,
    holdVfio: async (group) => {
      const letGo = machine.holdVfioGroup(group, 'a guest')
      return async () => letGo()
    },
    openDisk: async (path) => {
      const close = machine.openDisk(path.replace('/dev/', ''), 'sleep', 'plainly')
      return async () => close()
    },
    mount: async (disk) => {
      const unmount = machine.mount(disk, '/srv')
      return async () => unmount()
    },
  }
}
