import { expect, test } from 'vitest'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { handOver } from '../../src/workflows/hand-over.ts'

test('a consumer is told the group, the address and how to take it', () => {
  expect(handOver(pciAddress('0000:01:02.5'), 9, '/dev/vfio/9')).toEqual({
    address: '0000:01:02.5',
    iommuGroup: 9,
    vfioPath: '/dev/vfio/9',
    qemuArguments: ['-device', 'vfio-pci,host=0000:01:02.5'],
    libvirtXml: `<hostdev mode='subsystem' type='pci' managed='no'>
  <driver name='vfio'/>
  <source><address domain='0x0000' bus='0x01' slot='0x02' function='0x5'/></source>
</hostdev>`,
  })
})
