import { expect, test } from 'vitest'
import {
  parsePciAddress,
  pciAddress,
  predictVfAddress,
  routingId,
} from '../../src/nvme/pci-address.ts'

test.for(['0000:01:00.0', '10000:e1:1f.7', '0000:ff:00.1'])('%s is an address', (text) => {
  expect(parsePciAddress(text)).toBe(text)
})

test.for([
  '0000:01:00.8',
  '0000:01:20.0',
  '01:00.0',
  '0000:01:00.0\n',
  '../0000:01:00.0',
  '0000:0A:00.0',
  '',
])('%j is no address', (text) => {
  expect(parsePciAddress(text)).toBeUndefined()
  expect(() => pciAddress(text)).toThrow('not a PCI address')
})

test('VF addresses follow offset and stride across buses', () => {
  const pf = pciAddress('0000:01:00.0')

  expect(routingId(pf)).toBe(0x100)
  expect(predictVfAddress(pf, 0, 1, 1)).toBe('0000:01:00.1')
  expect(predictVfAddress(pf, 7, 1, 1)).toBe('0000:01:01.0')
  expect(predictVfAddress(pf, 1, 0x100, 2)).toBe('0000:02:00.2')
})
