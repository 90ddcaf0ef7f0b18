/**
 * KVM on Intel with an IOMMU that posts: what a host shows by which it is known that a guest's interrupts may go past it.
 * Source: Linux arch/x86/kvm/vmx/vmx.c, enable_apicv; drivers/iommu/intel/iommu.c, cap_show; Intel VT-d specification,
 * "Interrupt Posting" (CAP_REG.PI, bit 59).
 */
import type { EmulatedLinux } from '../linux.ts'
import { attribute, folder } from './node.ts'
import type { Entries } from './node.ts'

/** As a server's unit has it, bit 59 set. */
const CAPABILITIES = '8d2078c106f0466'

export function kvmModules({ facts }: EmulatedLinux): Entries {
  if (!facts.interruptPosting) return {}
  return {
    kvm: folder({ parameters: folder({}) }),
    kvm_intel: folder({ parameters: folder({ enable_apicv: attribute(() => 'Y') }) }),
  }
}

export function iommuClass({ facts }: EmulatedLinux): Entries {
  if (!facts.interruptPosting) return {}
  const unit = folder({ 'intel-iommu': folder({ cap: attribute(() => CAPABILITIES) }) })
  return { iommu: folder({ dmar0: unit }) }
}
