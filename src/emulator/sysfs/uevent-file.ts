/** `uevent`: properties as lines. Reading it takes the device's lock. Source: Linux drivers/base/core.c, uevent_show. */
import type { PciFunction } from '../pci/pci-function.ts'
import type { File } from './node.ts'

export function ueventFile(
  properties: () => Readonly<Record<string, string>>,
  lock?: PciFunction
): File {
  const read = () =>
    Object.entries(properties())
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')
  return lock ? { kind: 'file', read, lock } : { kind: 'file', read }
}
