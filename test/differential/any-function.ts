/** Functions to do something to, and who may have them. */
import fc from 'fast-check'
import { FUNCTIONS, VF_ADDRESSES } from './settle.ts'

const NOWHERE = '0000:05:00.0'

export const vf = fc.constantFrom(...VF_ADDRESSES)
/** More often a VF, and one that is likely to be there. */
export const anyFunction = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...VF_ADDRESSES.slice(0, 4)) },
  { weight: 3, arbitrary: fc.constantFrom(...FUNCTIONS) }
)
export const functionOrNot = fc.oneof(
  { weight: 9, arbitrary: anyFunction },
  { weight: 1, arbitrary: fc.constantFrom(NOWHERE, 'x', '0000:00:1f.2', ' 0000:02:00.0') }
)
export const driver = fc.constantFrom('nvme', 'vfio-pci')
