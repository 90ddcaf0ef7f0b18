/**
 * What a consumer needs to take a function that is on vfio-pci. Pure.
 * Source: QEMU docs/system/device-emulation.rst and hw/vfio/pci.c (`host`); libvirt docs/formatdomain.rst, "Host device
 * assignment".
 */
import type { PciAddress } from '../nvme/pci-address.ts'
import type { HandOver } from '../store/rows.ts'

export function handOver(
  address: PciAddress,
  iommuGroup: number,
  vfioPath: string
): HandOver {
  return {
    address,
    iommuGroup,
    vfioPath,
    qemuArguments: ['-device', `vfio-pci,host=${address}`],
    libvirtXml: libvirtXml(address),
  }
}

/**
 * `managed='no'`: with yes, libvirt gives the function back to the host's nvme driver when the guest stops, and the
 * tenant's namespaces appear on the host.
 */
function libvirtXml(address: PciAddress): string {
  const [domain = '', bus = '', slotAndFunction = ''] = address.split(':')
  const [slot = '', fn = ''] = slotAndFunction.split('.')
  const source = `domain='0x${domain}' bus='0x${bus}' slot='0x${slot}' function='0x${fn}'`
  return [
    "<hostdev mode='subsystem' type='pci' managed='no'>",
    "  <driver name='vfio'/>",
    `  <source><address ${source}/></source>`,
    '</hostdev>',
  ].join('\n')
}
