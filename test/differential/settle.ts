/** Waits until drivers have done what they go on with after a call has come back. */
import { functionAt } from '../contract/machine.ts'
import { LAB_PF, LAB_PLAIN } from '../contract/world.ts'
import { WaitsError, errnoIn, type Machine } from './machine.ts'

/** In the order of their numbers: offset and stride are 1. */
export const VF_ADDRESSES = [1, 2, 3, 4, 5, 6, 7]
  .map((n) => `0000:01:00.${n}`)
  .concat('0000:01:01.0')

export const FUNCTIONS = [LAB_PF, LAB_PLAIN, ...VF_ADDRESSES]

const LOOK_EACH_MS = 20
const MOST_LOOKS = 750

/**
 * On Linux 6.1 nvme's probe is done long after bind has returned: until then its controller is neither live nor gone.
 *
 * @throws WaitsError
 */
export async function settled(machine: Machine): Promise<void> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    if (await isSettled(machine)) return
    await machine.sleep(LOOK_EACH_MS)
  }
  throw new WaitsError('a controller that is neither live nor gone')
}

async function isSettled({ ask }: Machine): Promise<boolean> {
  const bound = (await ask({ call: 'readDir', path: '/sys/bus/pci/drivers/nvme' })).filter(
    (name) => FUNCTIONS.includes(name)
  )
  const live = await Promise.all(bound.map(isLive))
  const known = await ask({ call: 'readDir', path: '/sys/class/nvme' })
  return live.every(Boolean) && known.length === bound.length

  async function isLive(address: string): Promise<boolean> {
    try {
      const folder = `${functionAt(address)}/nvme`
      const [name] = await ask({ call: 'readDir', path: folder })
      if (name === undefined) return false
      return (await ask({ call: 'read', path: `${folder}/${name}/state` })) === 'live\n'
    } catch (cause) {
      if (errnoIn(cause) === undefined) throw cause
      return false // it goes while it is looked at
    }
  }
}
