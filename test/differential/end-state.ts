/** Everything that a sequence may have changed, by name, as lines that can be compared. */
import { functionAt } from '../contract/machine.ts'
import { LAB_PF } from '../contract/world.ts'
import type { Command } from './commands.ts'
import { errnoIn, type Machine } from './machine.ts'
import { controllerName, perform } from './perform.ts'
import { FUNCTIONS } from './functions.ts'
import { disksOf } from './scanned.ts'
import { settled } from './settle.ts'

export type EndState = Readonly<Record<string, string>>

const ATTRIBUTES = ['driver_override', 'reset_method', 'enable', 'power_state']
const PF_ATTRIBUTES = ['sriov_numvfs', 'sriov_drivers_autoprobe']
const CONTROLLER_ATTRIBUTES = ['state', 'cntlid', 'queue_count']
const IDENTIFY = 0x06
const NAMESPACES = [1, 2, 3, 4]

export async function endState(machine: Machine): Promise<EndState> {
  await settled(machine)
  const state: Record<string, string> = {}
  for (const address of FUNCTIONS)
    state[address] = (await functionState(machine, address)).join('; ')
  for (const [name, command] of pages()) state[name] = await perform(machine, command)
  state['disks'] = await disks(machine)
  return state
}

async function functionState(
  machine: Machine,
  address: string
): Promise<readonly string[]> {
  const folder = functionAt(address)
  if (!(await machine.ask({ call: 'exists', path: folder }))) return ['none']
  const attributes = address === LAB_PF ? [...ATTRIBUTES, ...PF_ATTRIBUTES] : ATTRIBUTES
  const group = await lastOfLink(machine, `${folder}/iommu_group`)
  return [
    `driver ${await lastOfLink(machine, `${folder}/driver`)}`,
    `group ${group}`,
    `vfio group ${await machine.ask({ call: 'exists', path: `/dev/vfio/${group}` })}`,
    ...(await textsOf(machine, folder, attributes)),
    ...(await controllerState(machine, address)),
  ]
}

async function controllerState(
  machine: Machine,
  address: string
): Promise<readonly string[]> {
  const name = await controllerName(machine, address)
  if (name === undefined) return ['no controller']
  return textsOf(machine, `${functionAt(address)}/nvme/${name}`, CONTROLLER_ATTRIBUTES)
}

function textsOf({ ask }: Machine, folder: string, names: readonly string[]) {
  return Promise.all(
    names.map(async (name) => {
      try {
        const text = await ask({ call: 'read', path: `${folder}/${name}` })
        return `${name} ${text.trimEnd()}`
      } catch (cause) {
        return `${name} ${errnoIn(cause)}`
      }
    })
  )
}

async function lastOfLink({ ask }: Machine, path: string): Promise<string> {
  try {
    const target = await ask({ call: 'readLink', path })
    return target.slice(target.lastIndexOf('/') + 1)
  } catch (cause) {
    return String(errnoIn(cause))
  }
}

/** Capabilities, the Secondary Controller List, who has which namespace. */
function pages(): readonly (readonly [string, Command])[] {
  const attached = NAMESPACES.map(
    (nsid) => [`namespace ${nsid}`, identify(0x12, nsid)] as const
  )
  return [
    ['primary capabilities', identify(0x14)],
    ['secondary controllers', identify(0x15)],
    ['controllers', identify(0x13)],
    ...attached,
  ]
}

function identify(cns: number, nsid = 0): Command {
  const command = { opcode: IDENTIFY, nsid, cdw10: cns, dataInLength: 4096 }
  return { do: 'admin', address: LAB_PF, command, compare: 'data' }
}

/** How many each controller has. */
async function disks(machine: Machine): Promise<string> {
  const counts: string[] = []
  for (const address of FUNCTIONS) {
    const name = await controllerName(machine, address)
    if (name === undefined) continue
    counts.push(`${address} ${await disksOf(machine, { address, name })}`)
  }
  return counts.join(', ')
}
