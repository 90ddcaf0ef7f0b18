/** Functions to do something to, and who may have them. */
import fc from 'fast-check'
import { LAB_PLAIN } from '../contract/world.ts'
import { FUNCTIONS, VF_ADDRESSES } from './functions.ts'

const NOWHERE = '0000:05:00.0'

export const vf = fc.constantFrom(...VF_ADDRESSES)
/** More often one that is likely to be there. */
export const anyFunction = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...VF_ADDRESSES.slice(0, 2)) },
  { weight: 1, arbitrary: fc.constant(LAB_PLAIN) },
  { weight: 2, arbitrary: fc.constantFrom(...FUNCTIONS) }
)
export const functionOrNot = fc.oneof(
  { weight: 9, arbitrary: anyFunction },
  { weight: 1, arbitrary: fc.constantFrom(NOWHERE, 'x', '0000:00:1f.2', ' 0000:02:00.0') }
)
export const driver = fc.constantFrom('nvme', 'vfio-pci')
