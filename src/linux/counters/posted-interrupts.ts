/**
 * Interrupts of a guest's function that the hardware may hand to the guest by itself: the host's kernel never sees these, so
 * that its count stands still however many there are.
 * Source: Intel VT-d specification, "Interrupt Posting" (CAP_REG.PI, bit 59); Linux virt/lib/irqbypass.c;
 * arch/x86/kvm/vmx/posted_intr.c, vmx_pi_update_irte; arch/x86/kvm/svm/avic.c.
 */
import type { Kernel } from '../../kernel/kernel.ts'
import { ifPresent, ifReadable, readText, type Caller } from '../small-files.ts'

/** Only KVM has interrupts posted. Not known to be off counts as possible. */
export async function mayPostInterrupts({ call }: Kernel): Promise<boolean> {
  if (!(await call({ call: 'exists', path: '/sys/module/kvm' }))) return false
  const [intel, amd] = await Promise.all([
    isOn(call, 'kvm_intel/parameters/enable_apicv'),
    isOn(call, 'kvm_amd/parameters/avic'),
  ])
  if (intel === null && amd === null) return true
  if (amd === true) return true
  return intel === true && (await mayRemap(call))
}

/** null: there is no such parameter, so that module does not run here. */
async function isOn(call: Caller, parameter: string): Promise<boolean | null> {
  const value = await ifReadable(readText(call, `/sys/module/${parameter}`))
  return value === null ? null : /^[Y1]$/.test(value)
}

const IOMMUS = '/sys/class/iommu'
const POSTING = 1n << 59n

/** Whether an IOMMU can post, and was not told not to. */
async function mayRemap(call: Caller): Promise<boolean> {
  const cmdline = (await ifReadable(readText(call, '/proc/cmdline'))) ?? ''
  if (/\bintremap=(off|nopost)\b/.test(cmdline)) return false
  const iommus = await ifPresent(call({ call: 'readDir', path: IOMMUS }))
  const capabilities = (iommus ?? []).map((iommu) =>
    ifReadable(readText(call, `${IOMMUS}/${iommu}/intel-iommu/cap`))
  )
  return (await Promise.all(capabilities)).some(
    (text) => text === null || !/^[0-9a-f]+$/.test(text) || hasPosting(text)
  )
}

function hasPosting(capability: string): boolean {
  return (BigInt(`0x${capability}`) & POSTING) !== 0n
}

/** Whether any of these counts has moved since the first call. */
export function movement(): (counts: Float64Array) => boolean {
  let first: Float64Array | undefined
  let hasMoved = false
  return (counts) => {
    first ??= counts.slice()
    hasMoved ||= counts.some((count, n) => count !== first?.[n])
    return hasMoved
  }
}
