/** What the contract's `restore` does not know of, because its cases do not change it. */
import { functionAt } from '../contract/machine.ts'
import { LAB_PF, LAB_PLAIN } from '../contract/world.ts'
import { errnoIn, type Machine } from './machine.ts'
import { FUNCTIONS } from './functions.ts'
import { settled } from './settle.ts'

const RESCAN = '/sys/bus/pci/rescan'
const DRIVERS = ['nvme', 'vfio-pci']
const PRESENT = [LAB_PF, LAB_PLAIN]

/** Before `restore`: every function is there, and drivers match what they match by themselves. */
export async function findAll(machine: Machine, ids: readonly string[]): Promise<void> {
  const { ask } = machine
  for (const driver of DRIVERS) for (const id of ids) await forget(machine, driver, id)
  await freeOthers(machine)
  const there = await Promise.all(
    PRESENT.map((address) => ask({ call: 'exists', path: functionAt(address) }))
  )
  if (there.includes(false)) await ask({ call: 'write', path: RESCAN, text: '1' })
  await settled(machine)
}

/** A new id lets vfio-pci take what nobody had, and taking the id back leaves it there. */
async function freeOthers({ ask }: Machine): Promise<void> {
  const path = '/sys/bus/pci/drivers/vfio-pci'
  const taken = (await ask({ call: 'readDir', path })).filter(
    (name) => /^\w+:\w+:/.test(name) && !FUNCTIONS.includes(name)
  )
  for (const text of taken) await ask({ call: 'write', path: `${path}/unbind`, text })
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

/** After `restore`, when there are no VFs. */
export async function asBefore(machine: Machine): Promise<void> {
  await inItsGroup(machine)
  for (const address of PRESENT)
    await machine.ask({
      call: 'write',
      path: `${functionAt(address)}/reset_method`,
      text: 'default',
    })
}

/** The IOMMU group that Linux gave the plain controller when it started: the first that was free. */
const PLAIN_GROUP = '/8'

/** It was found again while VFs had the number of its group: found once more, without them, it has it back. */
async function inItsGroup(machine: Machine): Promise<void> {
  const { ask } = machine
  const plain = functionAt(LAB_PLAIN)
  const group = await ask({ call: 'readLink', path: `${plain}/iommu_group` })
  if (group.endsWith(PLAIN_GROUP)) return
  await ask({ call: 'write', path: `${plain}/remove`, text: '1' })
  await ask({ call: 'write', path: RESCAN, text: '1' })
  await settled(machine)
}
