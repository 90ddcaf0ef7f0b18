/** Moves in sysfs: one command, or several that belong together. */
import fc from 'fast-check'
import { PROBE, driverFile, functionAt, overrideOf } from '../contract/machine.ts'
import { LAB_PF, LAB_PLAIN } from '../contract/world.ts'
import { anyFunction, driver, functionOrNot, vf } from './any-function.ts'
import type { Command } from './commands.ts'
import { DYNAMIC_IDS } from './dynamic-ids.ts'

export function write(path: string, text: string): Command {
  return { do: 'write', path, text }
}

export const RESCAN = '/sys/bus/pci/rescan'

const newline = fc.constantFrom('', '\n')

const count = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('0', '1', '2', '4', '8') },
  { weight: 2, arbitrary: fc.integer({ min: -1, max: 10 }).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('abc', ' 2', '+3', '0x2', '010', '65536', '2 ', '2x', '\n'),
  }
)

export const numVfs = fc
  .tuple(count, newline)
  .map(([text, end]) => [write(`${functionAt(LAB_PF)}/sriov_numvfs`, text + end)])

/** The only way from one count to another. */
export const recount = fc
  .constantFrom('1', '2', '4', '8')
  .map((text) => ['0', text].map((one) => write(`${functionAt(LAB_PF)}/sriov_numvfs`, one)))

/** A driver that may have it. */
export const bindAsAllowed = fc
  .tuple(anyFunction, driver)
  .map(([address, by]) => [
    write(overrideOf(address), by),
    write(driverFile(by, 'bind'), address),
  ])

export const autoprobe = fc
  .constantFrom('0', '1', 'y', 'n', 'off', 'on', 'N', '2', 'x', '1\n', 'o')
  .map((text) => [write(`${functionAt(LAB_PF)}/sriov_drivers_autoprobe`, text)])

const overrideText = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('nvme', 'vfio-pci', '\n', 'nvme\n') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('nobody', ' nvme', 'nvme\nvfio-pci', 'x'.repeat(4095)),
  }
)
export const override = fc
  .tuple(functionOrNot, overrideText)
  .map(([address, text]) => [write(overrideOf(address), text)])

export const binding = fc
  .tuple(fc.constantFrom('bind', 'unbind'), driver, functionOrNot, newline)
  .map(([file, by, address, end]) => [
    write(driverFile(by, file === 'bind' ? 'bind' : 'unbind'), address + end),
  ])

export const probe = fc
  .tuple(functionOrNot, newline)
  .map(([address, end]) => [write(PROBE, address + end)])

/** Override, off whatever has it, probe: as nvirt does it. */
export const rebinding = fc
  .tuple(anyFunction, driver)
  .map(([address, to]) => [
    write(overrideOf(address), to),
    write(driverFile('nvme', 'unbind'), address),
    write(driverFile('vfio-pci', 'unbind'), address),
    write(PROBE, address),
  ])

export const reset = fc
  .tuple(
    fc.oneof(vf, vf, fc.constantFrom(LAB_PLAIN, LAB_PF)),
    fc.constantFrom('1', '1', '1\n', '0', 'x', '2')
  )
  .map(([address, text]) => [write(`${functionAt(address)}/reset`, text)])

export const resetMethod = fc
  .tuple(
    anyFunction,
    fc.constantFrom(
      'flr',
      'bus',
      'flr bus',
      'bus flr',
      'default',
      '',
      'none',
      'flr flr',
      'pm'
    )
  )
  .filter(([, text]) => text !== '')
  .map(([address, text]) => [write(`${functionAt(address)}/reset_method`, text)])

export const controllerFile = fc
  .tuple(
    fc.oneof(anyFunction, fc.constantFrom(LAB_PF, LAB_PLAIN)),
    fc.constantFrom('reset_controller' as const, 'rescan_controller' as const),
    fc.constantFrom('1', '0', 'x')
  )
  .map(([address, file, text]): readonly Command[] => [
    { do: 'writeController', address, file, text },
  ])

export const msixCount = fc
  .tuple(vf, fc.constantFrom('0', '4', 'x'))
  .map(([address, text]) => [write(`${functionAt(address)}/sriov_vf_msix_count`, text)])

/** Numbers go from the PF's group over the plain controller's to those of the VFs. */
export const openGroup = fc
  .integer({ min: 6, max: 17 })
  .map((group): readonly Command[] => [{ do: 'openGroup', group }])

const dynamicId = fc.constantFrom(...DYNAMIC_IDS, '1b36', 'x', '')

/** A driver takes whatever is unbound and matches. */
export const dynamicIds = fc
  .tuple(driver, fc.constantFrom('new_id', 'new_id', 'remove_id'), dynamicId)
  .filter(([, , id]) => id !== '')
  .map(([by, file, id]) => [write(`/sys/bus/pci/drivers/${by}/${file}`, id)])

export const hotPlug = fc.oneof(
  fc
    .tuple(vf, fc.constantFrom('remove', 'rescan'))
    .map(([address, file]) => [write(`${functionAt(address)}/${file}`, '1')]),
  fc.constantFrom('1', '0', 'x', '2').map((text) => [write(RESCAN, text)]),
  fc
    .constantFrom('1', '1\n', '0', 'x')
    .map((text) => [write(`${functionAt(LAB_PLAIN)}/remove`, text)]),
  fc.constant([write(`${functionAt(LAB_PLAIN)}/remove`, '1'), write(RESCAN, '1')])
)

const READABLE = [
  'driver_override',
  'sriov_numvfs',
  'sriov_totalvfs',
  'sriov_offset',
  'sriov_stride',
  'sriov_vf_device',
  'sriov_vf_total_msix',
  'sriov_vf_msix_count',
  'sriov_drivers_autoprobe',
  'reset_method',
  'reset',
  'power_state',
  'enable',
  'vendor',
  'device',
  'class',
  'numa_node',
  'uevent',
  'nothing',
]

export const look = fc
  .tuple(functionOrNot, fc.constantFrom(...READABLE))
  .map(([address, name]): readonly Command[] => [
    { do: 'read', path: `${functionAt(address)}/${name}` },
  ])

const READ_ONLY = ['sriov_totalvfs', 'vendor', 'class', 'power_state', 'nothing']

export const writeReadOnly = fc
  .tuple(functionOrNot, fc.constantFrom(...READ_ONLY))
  .map(([address, name]) => [write(`${functionAt(address)}/${name}`, '1')])
