/** A scan of a machine that changes while it is looked at. */
import { expect, test } from 'vitest'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { emulatedHost } from './emulated-host.ts'

const PF = '/sys/bus/pci/devices/0000:01:00.0'

test('VFs that come up after the functions were listed are in the scan that counts them', async () => {
  const { machine, clock } = await emulatedHost()
  let isEnabled = false
  const enabling: Kernel = {
    ...machine.kernel,
    call: async (call) => {
      const answer = await machine.kernel.call(call)
      if (call.call === 'readDir' && call.path === '/sys/bus/pci/devices' && !isEnabled) {
        isEnabled = true
        const enable = { call: 'write', path: `${PF}/sriov_numvfs`, text: '8' } as const
        await machine.kernel.lane('another').call(enable, { deadlineMs: 1000 })
      }
      return answer
    },
  }

  const { functions } = await linuxHost(enabling, clock).scan()

  expect(functions.find(({ sriov }) => sriov !== null)?.sriov?.vfCount).toBe(8)
  expect(functions.filter(({ vf }) => vf !== null).length).toBe(8)
})
