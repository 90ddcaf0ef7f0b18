/** What somebody else made, which becomes nvirt's. */
import { expect } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import type { Scenario } from '../support/scenario.ts'
import { byHand } from './by-hand.ts'
import { PF, virtualFunctionOf, write, type World } from './world.ts'

const CNTLID = 1
const VF = '0000:01:00.1'
const pf = pciAddress(PF)

export const ADOPTED = {
  'adopting a VF that the host’s driver has': {
    prepare: makeByHand,
    start: (world) => world.workflows.adopt(DEMO, virtualFunctionOf(world, CNTLID).id),
    atGoal: (world) => {
      expect(virtualFunctionOf(world, CNTLID).provisioned).toMatchObject({
        vq: 3,
        vi: 3,
        driver: 'nvme',
      })
    },
    asFound: (world) => {
      expect(virtualFunctionOf(world, CNTLID).provisioned).toBeNull()
    },
  },
} satisfies Record<string, Scenario>

export const ADOPTED_UNDONE = {
  'undoing an adoption': {
    ...ADOPTED['adopting a VF that the host’s driver has'],
    failsIn: 'rescan',
    quarantined: ADOPTED['adopting a VF that the host’s driver has'].asFound,
  },
} satisfies Record<string, Scenario>

/** nvme takes none that is offline. What the drive attached to it by itself, the host reaches too. */
async function makeByHand(world: World): Promise<void> {
  await byHand(world, { change: 'setVfCount', pf, count: 2 })
  for (const resource of ['vq', 'vi'] as const)
    await byHand(world, {
      change: 'assignResources',
      pf,
      cntlid: CNTLID,
      resource,
      count: 3,
    })
  await byHand(world, { change: 'bringOnline', pf, cntlid: CNTLID })
  for (const nsid of attachedIn(world))
    await byHand(world, { change: 'detachNamespace', pf, nsid, cntlid: CNTLID })
  await write(world.machine, '/sys/bus/pci/drivers_probe', VF)
  await world.inventory.rescan(DEMO, world.hostId)
}

function attachedIn({ machine }: World): readonly number[] {
  return Object.entries(machine.snapshot().attachments)
    .filter(([, cntlids]) => cntlids.includes(CNTLID))
    .map(([namespace]) => Number(namespace.split(' ').at(-1)))
}
