/**
 * PCI addresses as Linux prints them: domain, bus, device and function (BDF), lower case, `0000:01:00.1`.
 * Source: Linux drivers/pci/probe.c, pci_setup_device (dev_set_name).
 */
export type PciAddress = string & { readonly [brand]: 'PciAddress' }
declare const brand: unique symbol

const PATTERN = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/

/** The address, or undefined when the text is not one. Nothing else may become part of a sysfs path. */
export function parsePciAddress(text: string): PciAddress | undefined {
  return PATTERN.test(text) ? (text as PciAddress) : undefined
}

/** For text that the kernel gave us. @throws Error when it is not an address. */
export function pciAddress(text: string): PciAddress {
  const address = parsePciAddress(text)
  if (address === undefined) throw new Error(`not a PCI address: ${JSON.stringify(text)}`)
  return address
}

/** 16-bit routing id: bus, device, function. */
export function routingId(address: PciAddress): number {
  const [, bus = '', slot = ''] = address.split(':')
  const [device = '', fn = ''] = slot.split('.')
  return (parseInt(bus, 16) << 8) | (parseInt(device, 16) << 3) | parseInt(fn, 16)
}

/**
 * The address that VF `index` will have, before it exists. Predicted: check it against the `virtfn` link once it does.
 *
 * @param index 0-based
 * @param offset, stride sriov_offset and sriov_stride, routing ids
 * Source: Linux drivers/pci/iov.c, pci_iov_virtfn_bus and pci_iov_virtfn_devfn.
 */
export function predictVfAddress(
  pf: PciAddress,
  index: number,
  offset: number,
  stride: number
): PciAddress {
  const id = routingId(pf) + offset + stride * index
  const domain = pf.slice(0, pf.indexOf(':'))
  const hex = (n: number) => n.toString(16).padStart(2, '0')
  return pciAddress(`${domain}:${hex((id >> 8) & 0xff)}:${hex((id >> 3) & 0x1f)}.${id & 7}`)
}
