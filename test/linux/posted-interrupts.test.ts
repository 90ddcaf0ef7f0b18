/** A guest's interrupts that the host may not see: told, and never drawn as none. */
import { expect, test } from 'vitest'
import { bindTo, capturedHost, vf1 } from './captured-host.ts'
import { VF1 } from './captured-machine.ts'
import { PERIOD_MS, watching } from './watching.ts'

const KVM = { '/sys/module/kvm/parameters/halt_poll_ns': '200000\n' }
const INTEL = { ...KVM, '/sys/module/kvm_intel/parameters/enable_apicv': 'Y\n' }
const AMD = { ...KVM, '/sys/module/kvm_amd/parameters/avic': 'Y\n' }
/** Bit 59, and all but that. */
const CAN_POST = { '/sys/class/iommu/dmar0/intel-iommu/cap': '8d2078c106f0466\n' }
const CANNOT_POST = { '/sys/class/iommu/dmar0/intel-iommu/cap': 'd2008c40660462\n' }

const NAMES = [`vfio-msix[1](${VF1})`, `vfio-msix[2](${VF1})`]

function guestOn(files: Readonly<Record<string, string>>) {
  const world = capturedHost()
  const { machine } = world
  bindTo(machine, VF1, 'vfio-pci')
  const lines = NAMES.map((name, n) => ` ${40 + n}: 1 x ${name}\n`)
  machine.files.text('/proc/interrupts', ` CPU0\n${lines.join('')}`)
  for (const [path, text] of Object.entries(files)) machine.files.text(path, text)
  const count = (first: number, second: number) => {
    machine.counters.set(NAMES[0]!, [first])
    machine.counters.set(NAMES[1]!, [second])
  }
  count(5, 7)
  return { world, count }
}

const UNCOUNTED = { observed: false, why: 'posted-interrupts-possible' }

test.for([
  ['KVM on Intel whose IOMMU posts', { ...INTEL, ...CAN_POST }],
  ['KVM on Intel whose IOMMU does not say', { ...INTEL, '/sys/class/iommu/dmar0/x': '' }],
  ['KVM on AMD', AMD],
  ['KVM that is neither', KVM],
])('counts that stand still are not observed under %s', async ([, files]) => {
  const { world, count } = guestOn(files as Readonly<Record<string, string>>)

  const { last, stop } = await watching(world, [vf1])
  await world.clock.advance(3 * PERIOD_MS)
  const still = last()?.observed
  count(5, 8)
  await world.clock.advance(PERIOD_MS)
  const moving = last()?.observed
  await world.clock.advance(PERIOD_MS)
  await stop()

  expect(still).toMatchObject({ why: 'owned-by-guest', interrupts: UNCOUNTED })
  expect(still?.queues?.interrupts).toEqual(Float64Array.of(NaN, NaN))
  expect(moving).not.toHaveProperty('interrupts')
  expect(moving?.queues?.interrupts).toEqual(Float64Array.of(5, 8))
  expect(last()?.observed.queues?.interrupts, 'it is known by now').toEqual(
    Float64Array.of(5, 8)
  )
})

test.for([
  ['no KVM', {}],
  ['an IOMMU that cannot post', { ...INTEL, ...CANNOT_POST }],
  ['no IOMMU of Intel’s', INTEL],
  [
    'a kernel told not to',
    { ...INTEL, ...CAN_POST, '/proc/cmdline': 'quiet intremap=nopost\n' },
  ],
  [
    'APICv switched off',
    { ...INTEL, ...CAN_POST, '/sys/module/kvm_intel/parameters/enable_apicv': 'N\n' },
  ],
  ['AVIC switched off', { ...AMD, '/sys/module/kvm_amd/parameters/avic': 'N\n' }],
])('counts that stand still are counts under %s', async ([, files]) => {
  const { world } = guestOn(files as Readonly<Record<string, string>>)

  const { last, stop } = await watching(world, [vf1])
  await world.clock.advance(3 * PERIOD_MS)
  await stop()

  expect(last()?.observed).not.toHaveProperty('interrupts')
  expect(last()?.observed.queues?.interrupts).toEqual(Float64Array.of(5, 7))
})
