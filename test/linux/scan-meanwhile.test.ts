/** A scan of a machine that changes while it is looked at. */
import { expect, test } from 'vitest'
import type { KernelCall } from '../../src/kernel/call.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { CNS, OPCODE } from '../../src/nvme/admin-commands.ts'
import { scanned } from '../inventory/scanned.ts'
import { capturedHost, type CapturedHost } from './captured-host.ts'
import { status } from './captured-machine.ts'
import { emulatedHost } from './emulated-host.ts'
import type { FileTree } from './file-tree.ts'

const PF = '/sys/bus/pci/devices/0000:01:00.0'

test('VFs that come up after the functions were listed are in the scan that counts them', async () => {
  const { machine, clock } = await emulatedHost()
  let isEnabled = false
  const enabling: Kernel = {
    ...machine.kernel,
    call: async (call) => {
      const answer = await machine.kernel.call(call)
      if (call.call === 'readDir' && call.path === '/sys/bus/pci/devices' && !isEnabled) {
        isEnabled = true
        const enable = { call: 'write', path: `${PF}/sriov_numvfs`, text: '8' } as const
        await machine.kernel.lane('another').call(enable, { deadlineMs: 1000 })
      }
      return answer
    },
  }

  const { functions } = await linuxHost(enabling, clock).scan()

  expect(functions.find(({ sriov }) => sriov !== null)?.sriov?.vfCount).toBe(8)
  expect(functions.filter(({ vf }) => vf !== null).length).toBe(8)
})

const ABORTED = 0x371 // what Linux says of commands that a reset cancelled
const INVALID_NAMESPACE = 0x400b

const cnsOf = (call: KernelCall) =>
  call.call === 'admin' &&
  call.device === '/dev/nvme0' &&
  call.command.opcode === OPCODE.identify
    ? (call.command.cdw10 ?? 0) & 0xff
    : undefined

/** The drive is reset as it is first asked that. */
function resetOnce({ machine, drive }: CapturedHost, cns: number) {
  const reset = { has: false }
  machine.admin = (device, command) => {
    const isAsked = cnsOf({ call: 'admin', device, command }) === cns
    if (!isAsked || reset.has) return drive.answer(device, command)
    reset.has = true
    return status(ABORTED)
  }
  return reset
}

/** What the inventory makes of a scan after which the SR-IOV controller's answers are others. */
async function scannedAgain(world: CapturedHost) {
  const { host, clock } = world
  const before = await host.scan()
  return async () => {
    const scanning = host.scan()
    await clock.advance(10_000)
    const now = await scanning
    return { now, ...scanned([before, now]) }
  }
}

test.for([
  ['active namespaces', CNS.activeNamespaces],
  ['allocated namespaces', CNS.allocatedNamespaces],
  ['one of its namespaces', CNS.allocatedNamespace],
  ['who is attached', CNS.attachedControllers],
] as const)(
  'a drive that is reset when it is asked for %s has lost nothing',
  async ([, cns]) => {
    const world = capturedHost()
    const again = await scannedAgain(world)
    resetOnce(world, cns)

    const { now, differences } = await again()

    expect(now.listed.map(({ serial }) => serial)).toEqual(['PLAIN0'])
    expect(differences).toEqual([])
  }
)

test.for([
  ['allocated namespaces', CNS.allocatedNamespaces],
  ['one of its namespaces', CNS.allocatedNamespace],
  ['who is attached', CNS.attachedControllers],
] as const)(
  'nor has one that does not manage namespaces, when it is asked for %s',
  async ([, cns]) => {
    const world = capturedHost()
    world.drive.managesNamespaces = false
    const again = await scannedAgain(world)
    const reset = resetOnce(world, cns)

    const { differences } = await again()

    expect(reset.has).toBe(true)
    expect(differences).toEqual([])
  }
)

test('a drive whose lane hangs when it is asked for its namespaces has lost nothing', async () => {
  const world = capturedHost()
  const again = await scannedAgain(world)
  world.machine.before = (call) =>
    cnsOf(call) === CNS.allocatedNamespaces ? new Promise(() => {}) : Promise.resolve()

  const { now, differences } = await again()

  expect(now.functions[0]?.blocked).toBeNull()
  expect(now.listed.map(({ serial }) => serial)).toEqual(['PLAIN0'])
  expect(differences).toEqual([])
})

test.for([
  ['the name', (files: FileTree) => files.remove(`${PF}/nvme/nvme0`)],
  ['the slot', (files: FileTree) => files.text(`${PF}/nvme/nvme0/serial`, 'OTHER\n')],
] as const)(
  'what is told once another drive has %s is not taken for the drive’s own',
  async ([, swap]) => {
    const world = capturedHost()
    const again = await scannedAgain(world)
    world.drive.attached.clear()
    world.machine.before = async (call) => {
      if (cnsOf(call) === CNS.activeNamespaces) swap(world.machine.files)
    }

    const { now, differences } = await again()

    expect(now.listed.map(({ serial }) => serial)).toEqual(['PLAIN0'])
    expect(differences).toEqual([])
  }
)

test('a drive that knows no lists but that of its active namespaces is listed with those', async () => {
  const { host, machine, drive } = capturedHost()
  const unknown: readonly number[] = [CNS.allocatedNamespaces, CNS.attachedControllers]
  machine.admin = (device, command) =>
    unknown.includes(cnsOf({ call: 'admin', device, command }) ?? -1)
      ? status(INVALID_NAMESPACE)
      : drive.answer(device, command)

  const { listed, namespaces } = await host.scan()

  expect(listed.map(({ serial }) => serial)).toEqual(['PF0', 'PLAIN0'])
  expect(namespaces).toMatchObject([
    { serial: 'PF0', nsid: 1, attachedTo: [0] },
    { serial: 'PLAIN0', nsid: 1 },
  ])
})

test.for([
  [0x006, 'does not manage namespaces is listed with those', false, ['PF0', 'PLAIN0']],
  [0x00c, 'does not manage namespaces is listed with those', false, ['PF0', 'PLAIN0']],
  [0x7c0, 'does not manage namespaces is listed with those', false, ['PF0', 'PLAIN0']],
  [0x006, 'manages namespaces is not listed', true, ['PLAIN0']],
] as const)(
  'of drives that refuse all lists but that with status %i, one that %s',
  async ([refusal, , managesNamespaces, expected]) => {
    const { host, machine, drive } = capturedHost()
    drive.managesNamespaces = managesNamespaces
    machine.admin = (device, command) =>
      OPTIONAL.includes(cnsOf({ call: 'admin', device, command }) ?? -1)
        ? status(refusal)
        : drive.answer(device, command)

    const { listed, namespaces } = await host.scan()

    expect(listed.map(({ serial }) => serial)).toEqual(expected)
    expect(namespaces.map(({ serial }) => serial)).toEqual(expected)
    expect(namespaces[0]).toMatchObject({ nsid: 1, attachedTo: [0], sizeBytes: '67108864' })
  }
)

const OPTIONAL: readonly number[] = [
  CNS.allocatedNamespaces,
  CNS.allocatedNamespace,
  CNS.attachedControllers,
]
