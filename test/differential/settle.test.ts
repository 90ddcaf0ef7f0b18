import { expect, test } from 'vitest'
import type { KernelAnswer, KernelCall } from '../../src/kernel/call.ts'
import { functionAt } from '../contract/machine.ts'
import { LAB_PF } from '../contract/world.ts'
import { VF_ADDRESSES } from './functions.ts'
import type { Machine } from './machine.ts'
import { settled } from './settle.ts'

const [VF = ''] = VF_ADDRESSES
const NVME = '/sys/bus/pci/drivers/nvme'

/** What one sees of the two controllers that nvme drives, each with one namespace. */
type Scene = {
  readonly files: Record<string, string>
  readonly folders: Record<string, readonly string[]>
  readonly isVfOnline: boolean
}

function sceneOf(vf: {
  readonly enable: string
  readonly disks: readonly string[]
}): Scene {
  const ofVf = functionAt(VF)
  const ofPf = functionAt(LAB_PF)
  return {
    files: {
      [`${ofPf}/enable`]: '1\n',
      [`${ofPf}/nvme/nvme0/state`]: 'live\n',
      [`${ofVf}/enable`]: vf.enable,
      [`${ofVf}/nvme/nvme2/state`]: 'live\n',
    },
    folders: {
      [NVME]: ['bind', LAB_PF, VF],
      '/sys/class/nvme': ['nvme0', 'nvme2'],
      [`${ofPf}/nvme`]: ['nvme0'],
      [`${ofPf}/nvme/nvme0`]: ['nvme0c0n1', 'state'],
      [`${ofVf}/nvme`]: ['nvme2'],
      [`${ofVf}/nvme/nvme2`]: [...vf.disks, 'state'],
    },
    isVfOnline: true,
  }
}

const SETTLED = sceneOf({ enable: '1\n', disks: ['nvme0c2n1'] })

test('a live controller whose function is disabled is about to be reset', async () => {
  const disabled = sceneOf({ enable: '0\n', disks: ['nvme0c2n1'] })
  expect(await looksUntilSettled([disabled, disabled, SETTLED])).toBe(2)
})

test('a controller is settled when it has a disk for each of its namespaces', async () => {
  const scanning = sceneOf({ enable: '1\n', disks: [] })
  expect(await looksUntilSettled([scanning, SETTLED])).toBe(1)
})

test('what an offline VF has is not waited for', async () => {
  const offline = { ...sceneOf({ enable: '1\n', disks: [] }), isVfOnline: false }
  expect(await looksUntilSettled([offline])).toBe(0)
})

test('nvme is made to scan when it does not by itself', async () => {
  const untold = sceneOf({ enable: '1\n', disks: [] })
  const asked: string[] = []
  await looksUntilSettled((_, isScanAsked) => (isScanAsked ? SETTLED : untold), asked)
  expect(asked).toEqual(['nvme0', 'nvme2'])
})

test('a controller that never settles is waited for no longer than it can take', async () => {
  const scanning = sceneOf({ enable: '1\n', disks: [] })
  await expect(looksUntilSettled([scanning])).rejects.toThrow(
    `${VF} has 0 disks of 1 namespaces`
  )
})

type SceneAt = (look: number, isScanAsked: boolean) => Scene

/** @returns how often the machine had to be looked at again @param rescanned names of controllers are added to it */
async function looksUntilSettled(
  scenes: readonly Scene[] | SceneAt,
  rescanned: string[] = []
): Promise<number> {
  let look = 0
  const sceneNow = () =>
    typeof scenes === 'function'
      ? scenes(look, rescanned.length > 0)
      : (scenes[Math.min(look, scenes.length - 1)] ?? SETTLED)
  const machine: Machine = {
    ask: async (call) => {
      const rescan =
        call.call === 'write' && /(nvme\d+)\/rescan_controller$/.exec(call.path)
      if (rescan) rescanned.push(rescan[1] ?? '')
      return answerOf(sceneNow(), call)
    },
    sleep: async () => void look++,
  }
  await settled(machine)
  return look
}

/** As the kernel would answer it. */
function answerOf<C extends KernelCall>(scene: Scene, call: C): KernelAnswer<C> {
  // Each case gives what its kind of call is answered with.
  return answerIn(scene, call) as KernelAnswer<C>
}

function answerIn(scene: Scene, call: KernelCall): unknown {
  switch (call.call) {
    case 'read':
      return scene.files[call.path]
    case 'readDir':
      return scene.folders[call.path]
    case 'write':
      return null
    case 'admin': {
      const data = Buffer.alloc(4096)
      const isSecondaryList = call.command.cdw10 === 0x15
      if (isSecondaryList) data.writeUInt8(scene.isVfOnline ? 1 : 0, 32 + 4)
      else data.writeUInt32LE(1, 0)
      return { status: 0, result: 0, data }
    }
    case 'readBytes':
    case 'readLink':
    case 'exists':
    case 'holders':
    case 'openExclusive':
    case 'holdDisk':
    case 'letGoDisk':
    case 'readBlocks':
    case 'writeBlocks':
    case 'writeZeroes':
    case 'vfioGroupStatus':
      throw new Error(`${call.call} is not asked for`)
  }
}
