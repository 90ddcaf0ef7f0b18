/** A host whose hardware hands a guest's interrupts to it past the host: it shows that it may, and counts none. */
import { expect, test } from 'vitest'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { DEVICES, DRIVERS, okOrErrno, testMachine } from './machine-calls.ts'

const PLAIN = '0000:02:00.0'

async function countsOfGuest(interruptPosting: boolean) {
  const machine = await testMachine({ ...labLikeHost(), interruptPosting })
  await machine.write(`${DEVICES}/${PLAIN}/driver_override`, 'vfio-pci')
  await machine.write(`${DRIVERS}/nvme/unbind`, PLAIN)
  await machine.write('/sys/bus/pci/drivers_probe', PLAIN)
  const link = await machine.link(`${DEVICES}/${PLAIN}/iommu_group`)
  const letGo = machine.machine.holdVfioGroup(Number(link.split('/').at(-1)), 'qemu')
  const names = [0, 1].map((vector) => `vfio-msix[${vector}](${PLAIN})`)
  const source = { kind: 'interrupts', names } as const
  const counters = await machine.machine.kernel.openCounters([source])
  await machine.clock.advance(1_000)
  await counters.read()
  letGo()
  return { machine, counts: [...counters.values] }
}

test('posted interrupts are not counted, and all others are', async () => {
  const posted = await countsOfGuest(true)
  const relayed = await countsOfGuest(false)

  expect(posted.counts[1]).toBe(0)
  expect(relayed.counts[1]).toBeGreaterThan(100)
  expect(posted.counts[0]).toBe(relayed.counts[0])
})

test('only a host that posts has KVM, and an IOMMU that says it can', async () => {
  const [posts, keepsAll] = [await countsOfGuest(true), await countsOfGuest(false)]

  const capability = await posts.machine.read('/sys/class/iommu/dmar0/intel-iommu/cap')
  expect((BigInt(`0x${capability.trim()}`) >> 59n) & 1n).toBe(1n)
  expect(await posts.machine.read('/sys/module/kvm_intel/parameters/enable_apicv')).toBe(
    'Y\n'
  )
  expect(
    await okOrErrno(keepsAll.machine.read('/sys/module/kvm_intel/parameters/enable_apicv'))
  ).toBe('ENOENT')
})
