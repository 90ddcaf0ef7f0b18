/** The lab's NVMe functions, VFs in the order of their numbers: offset and stride are 1. */
import { LAB_PF, LAB_PLAIN } from '../contract/world.ts'

export const VF_ADDRESSES = [1, 2, 3, 4, 5, 6, 7]
  .map((n) => `0000:01:00.${n}`)
  .concat('0000:01:01.0')

export const FUNCTIONS = [LAB_PF, LAB_PLAIN, ...VF_ADDRESSES]
