/** What the contract's `restore` does not know of, because its cases do not change it. */
import { functionAt } from '../contract/machine.ts'
import { LAB_PF, LAB_PLAIN } from '../contract/world.ts'
import { errnoIn, type Machine } from './machine.ts'
import { settled } from './settle.ts'

const DRIVERS = ['nvme', 'vfio-pci']
const PRESENT = [LAB_PF, LAB_PLAIN]

/** Before `restore`: every function is there, and drivers match what they match by themselves. */
export async function findAll(machine: Machine, ids: readonly string[]): Promise<void> {
  const { ask } = machine
  for (const driver of DRIVERS) for (const id of ids) await forget(machine, driver, id)
  const there = await Promise.all(
    PRESENT.map((address) => ask({ call: 'exists', path: functionAt(address) }))
  )
  if (there.includes(false))
    await ask({ call: 'write', path: '/sys/bus/pci/rescan', text: '1' })
  await settled(machine)
}

/** As often as somebody has added it. */
async function forget({ ask }: Machine, driver: string, id: string): Promise<void> {
  const path = `/sys/bus/pci/drivers/${driver}/remove_id`
  try {
    for (;;) await ask({ call: 'write', path, text: id })
  } catch (cause) {
    if (errnoIn(cause) !== 'ENODEV') throw cause
  }
}

/** After `restore`. */
export async function resetAsBefore({ ask }: Machine): Promise<void> {
  for (const address of PRESENT) {
    const path = `${functionAt(address)}/reset_method`
    await ask({ call: 'write', path, text: 'default' })
  }
}
