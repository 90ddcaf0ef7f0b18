/** The PCI side of a function, shared by controllers and VFs. */
import type { FunctionView, GroupView } from '../../inventory/views.ts'
import {
  answerShape,
  count,
  flag,
  inline,
  listOf,
  nullable,
  ref,
  text,
  whole,
} from '../shape.ts'
import type { FieldsOf } from '../shape.ts'

export const IommuGroupShape = answerShape<GroupView>(
  'IommuGroup',
  'IOMMU group of a function. Its members can only be given away together.',
  {
    number: count('Number of the group. It changes over reboots.'),
    viable: flag('No member is held by a driver that does DMA for the host.'),
    siblings: listOf(
      inline<GroupView['siblings'][number]>('Another function of the group', {
        address: text('PCI address'),
        class: text('PCI class code'),
        driver: nullable(text('Driver that holds it')),
        blocksVfio: flag('Keeps VFIO from owning the group'),
      }),
      'The other functions of the group'
    ),
  }
)

export const PcieLinkShape = answerShape<NonNullable<FunctionView['link']>>(
  'PcieLink',
  'PCI Express link, as the kernel prints it',
  {
    currentSpeed: nullable(text('Speed now: `16.0 GT/s PCIe`')),
    currentWidth: nullable(count('Lanes now')),
    maxSpeed: nullable(text('Fastest speed')),
    maxWidth: nullable(count('Most lanes')),
  }
)

export const functionFields: FieldsOf<FunctionView> = {
  pciAddress: nullable(
    text('PCI address, an attribute: it may change. Null: no function yet')
  ),
  driver: nullable(text('Driver that holds the function')),
  driverOverride: nullable(text('The only driver that may bind, where one is set')),
  iommuGroup: nullable(ref(IommuGroupShape)),
  numaNode: whole('NUMA node; -1: unknown'),
  link: nullable(ref(PcieLinkShape)),
  resetMethods: nullable(listOf(text('Name of a method'), 'Ways the kernel can reset it')),
  blocked: nullable(text('A kernel call on this function that does not come back')),
}
