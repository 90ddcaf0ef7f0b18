/** Waits until drivers have done what they go on with after a call has come back. */
import { functionAt } from '../contract/machine.ts'
import { FUNCTIONS } from './functions.ts'
import { WaitsError, errnoIn, type Machine } from './machine.ts'
import { scanAgain, unscanned, type LiveController } from './scanned.ts'

const LOOK_EACH_MS = 20
const MOST_LOOKS = 750
/** Then nvme will not hear of its namespaces by itself. */
const LOOKS_UNTIL_TOLD = 100

/**
 * On Linux 6.1 nvme's probe is done long after bind has returned: until then its controller is neither live nor gone, and
 * its disks come later still.
 *
 * A command that nvme has cancelled after a timeout comes back while the controller still reads live: its function has
 * been disabled by then, and is enabled again when the reset that follows has begun (Linux drivers/nvme/host/pci.c,
 * nvme_dev_disable, nvme_timeout and nvme_reset_work).
 *
 * @throws WaitsError
 */
export async function settled(machine: Machine): Promise<void> {
  let why: string | undefined = ''
  for (let look = 0; look < MOST_LOOKS; look++) {
    why = await unsettled(machine)
    if (why === undefined) return
    if (look === LOOKS_UNTIL_TOLD)
      await unlessGone(async () => scanAgain(machine, await live(machine)))
    await machine.sleep(LOOK_EACH_MS)
  }
  throw new WaitsError(`not settled: ${why}`)
}

/** Why it is not. */
async function unsettled(machine: Machine): Promise<string | undefined> {
  const bound = await boundToNvme(machine)
  const known = await machine.ask({ call: 'readDir', path: '/sys/class/nvme' })
  if (known.length !== bound.length)
    return `nvme drives ${bound.join(', ')} and knows ${known.join(', ')}`
  return unlessGone(async () => {
    const controllers = await live(machine)
    const addresses = controllers.map(({ address }) => address)
    const missing = bound.find((address) => !addresses.includes(address))
    return missing === undefined
      ? unscanned(machine, controllers)
      : `${missing} is not live`
  })
}

/** Functions and controllers go while they are looked at. */
async function unlessGone(
  look: () => Promise<string | undefined>
): Promise<string | undefined> {
  try {
    return await look()
  } catch (cause) {
    const errno = errnoIn(cause)
    if (errno === undefined) throw cause
    return errno
  }
}

async function boundToNvme({ ask }: Machine): Promise<readonly string[]> {
  const names = await ask({ call: 'readDir', path: '/sys/bus/pci/drivers/nvme' })
  return names.filter((name) => FUNCTIONS.includes(name))
}

async function live(machine: Machine): Promise<readonly LiveController[]> {
  const bound = await boundToNvme(machine)
  const all = await Promise.all(bound.map((address) => liveController(machine, address)))
  return all.filter((controller) => controller !== undefined)
}

async function liveController(
  { ask }: Machine,
  address: string
): Promise<LiveController | undefined> {
  const folder = functionAt(address)
  const [name] = await ask({ call: 'readDir', path: `${folder}/nvme` })
  if (name === undefined) return undefined
  // In this order: enabled before the state is read.
  const enabled = await ask({ call: 'read', path: `${folder}/enable` })
  const state = await ask({ call: 'read', path: `${folder}/nvme/${name}/state` })
  return enabled !== '0\n' && state === 'live\n' ? { address, name } : undefined
}
