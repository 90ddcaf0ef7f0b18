/** Virtualization Management, and what each device makes of it. */
import { expect, test } from 'vitest'
import {
  controllerReset,
  disableVfs,
  enableVfs,
  functionLevelReset,
  nvmSubsystemReset,
} from '../../../src/emulator/devices/resets.ts'
import { ioQueuePairs } from '../../../src/emulator/devices/subsystem.ts'
import {
  ASSIGN,
  driveOf,
  OFFLINE,
  ONLINE,
  poolOf,
  primaryOf,
  secondaryAt,
  TO_PRIMARY,
  vfOf,
  VI,
  VQ,
} from './drive.ts'
import type { TestDrive } from './drive.ts'
import { controllerIds } from '../machine-calls.ts'

const ONE = [1, 4, 3]

/** Cut to measure, reset, online; the statuses. */
function provision(drive: TestDrive, cntlid: number): readonly string[] {
  return [
    drive.virt(ASSIGN, cntlid, VQ, 4),
    drive.virt(ASSIGN, cntlid, VI, 3),
    (functionLevelReset(vfOf(drive, cntlid)), drive.virt(ONLINE, cntlid)),
  ]
}

test('a PM1733 gives VFs nothing until its primary has given it up and been reset', () => {
  const drive = driveOf('pm1733', { cntlid: 65 })
  const primary = primaryOf(drive)
  enableVfs(primary, 4)

  expect(poolOf(drive, 'vq'), 'all at the primary').toEqual([16, 0, 16, 3, 8, 1])
  expect(ioQueuePairs(primary)).toBe(18)
  expect(drive.virt(ASSIGN, 1, VQ, 4), 'none is free').toBe('0x122')
  expect(drive.virt(TO_PRIMARY, 65, VQ, 0)).toBe('0x0')
  expect(drive.virt(TO_PRIMARY, 65, VI, 0)).toBe('0x0')
  controllerReset(primary)
  expect(poolOf(drive, 'vq')[2], 'a Controller Reset is not enough').toBe(16)
  functionLevelReset(primary)
  expect([poolOf(drive, 'vq')[2], poolOf(drive, 'vi')[2]]).toEqual([0, 0])
  expect(ioQueuePairs(primary)).toBe(2)
  expect(provision(drive, 1)).toEqual(['0x0', '0x0', '0x0'])
  expect(secondaryAt(drive, 0)).toEqual(ONE)
})

/** A PM1733 whose primary has given up what it had. */
function released(): TestDrive {
  const drive = driveOf('pm1733', { cntlid: 65 })
  drive.virt(TO_PRIMARY, 65, VQ, 0)
  drive.virt(TO_PRIMARY, 65, VI, 0)
  functionLevelReset(drive.first)
  return drive
}

test('a PM1733 says Invalid Controller Identifier of a VF that is not enabled', () => {
  const drive = released()
  drive.virt(ASSIGN, 1, VQ, 4)
  drive.virt(ASSIGN, 1, VI, 3)

  expect(drive.virt(ONLINE, 1)).toBe('0x11f')
  enableVfs(primaryOf(drive), 1)
  expect(drive.virt(ONLINE, 1), 'appearing is a reset').toBe('0x0')
  expect(drive.virt(ONLINE, 2), 'that one is still not').toBe('0x11f')
})

test('a PM1733’s VF needs a reset between its last assignment and online', () => {
  const drive = released()
  enableVfs(primaryOf(drive), 1)
  drive.virt(ASSIGN, 1, VQ, 4)
  drive.virt(ASSIGN, 1, VI, 3)

  expect(drive.virt(ONLINE, 1)).toBe('0x120')
  functionLevelReset(vfOf(drive, 1))
  expect(drive.virt(ONLINE, 1)).toBe('0x0')
})

test('QEMU’s online is a reset; by the specification the VF gets at its queues by one', () => {
  const queuesAfterOnline = (device: 'qemu-7.2' | 'specification') => {
    const drive = driveOf(device)
    enableVfs(primaryOf(drive), 1)
    drive.virt(ASSIGN, 1, VQ, 4)
    drive.virt(ASSIGN, 1, VI, 3)
    drive.virt(ONLINE, 1)
    return ioQueuePairs(vfOf(drive, 1))
  }

  expect([queuesAfterOnline('qemu-7.2'), queuesAfterOnline('specification')]).toEqual([
    3, 0,
  ])
})

test('between two grains the specification’s drive rounds down and says so', () => {
  const drive = driveOf('specification', { sriov: { vqGranularity: 2 } })
  const assign = (n: number) =>
    drive.send({ opcode: 0x1c, cdw10: (1 << 16) | ASSIGN, cdw11: n }).result

  expect(poolOf(drive, 'vq')[5], 'VQGRAN').toBe(2)
  expect([assign(5), assign(4), assign(1)]).toEqual([4, 4, 0])
  expect(
    drive.send({ opcode: 0x1c, cdw10: TO_PRIMARY, cdw11: 7 }).result,
    'to the primary too'
  ).toBe(6)
})

test('a PM1733 tells its granularity, and takes any count', () => {
  const drive = driveOf('pm1733', { cntlid: 65, sriov: { vqGranularity: 2 } })
  drive.virt(TO_PRIMARY, 65, VQ, 0)
  functionLevelReset(drive.first)

  const { status, result } = drive.send({
    opcode: 0x1c,
    cdw10: (1 << 16) | ASSIGN,
    cdw11: 5,
  })

  expect([status, result]).toEqual([0, 5])
})

test('the resource type matters to QEMU even where nothing moves', () => {
  expect(driveOf('qemu-7.2').virt(OFFLINE, 1, 2)).toBe('0x4122')
  expect(driveOf('specification').virt(OFFLINE, 1, 2)).toBe('0x0')
  expect(driveOf('specification').virt(ASSIGN, 1, 2, 2)).toBe('0x4122')
})

test('more than there is to the primary is a count to QEMU, a resource to the others', () => {
  expect(driveOf('qemu-7.2').virt(TO_PRIMARY, 0, VQ, 17)).toBe('0x4121')
  expect(driveOf('specification').virt(TO_PRIMARY, 0, VQ, 17)).toBe('0x4122')
})

test('what secondaries have cannot go to the primary', () => {
  const drive = driveOf('qemu-7.2')
  drive.virt(ASSIGN, 1, VQ, 8)

  expect(drive.virt(TO_PRIMARY, 0, VQ, 9)).toBe('0x4122')
  expect(drive.virt(TO_PRIMARY, 0, VQ, 8)).toBe('0x0')
})

test('VFs tell that they are some, where the specification is kept', () => {
  const cmic = (device: 'qemu-7.2' | 'specification') => {
    const drive = driveOf(device)
    enableVfs(primaryOf(drive), 1)
    return drive.identify(0x01, 0, vfOf(drive, 1))[76]
  }

  expect([cmic('qemu-7.2'), cmic('specification')]).toEqual([0b010, 0b110])
})

const controllers = (drive: TestDrive) => controllerIds(drive.identify(0x13))

test('QEMU 7.2’s VFs have controllers while they are enabled, QEMU 10’s always', () => {
  const seen = (device: 'qemu-7.2' | 'qemu-10') => {
    const drive = driveOf(device)
    const before = controllers(drive)
    enableVfs(primaryOf(drive), 2)
    const enabled = controllers(drive)
    drive.attach(2, 1)
    disableVfs(primaryOf(drive))
    return [before, enabled, controllers(drive), controllerIds(drive.identify(0x12, 2))]
  }

  expect(seen('qemu-7.2')).toEqual([[0], [0, 1, 2], [0], []])
  expect(seen('qemu-10')).toEqual([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [1]])
})

test('after a Function Level Reset of the primary its VFs can come back, but on QEMU 7.2', () => {
  const again = (device: 'qemu-7.2' | 'qemu-10') => {
    const drive = driveOf(device)
    enableVfs(primaryOf(drive), 1)
    provision(drive, 1)
    functionLevelReset(drive.first)
    const after = secondaryAt(drive, 0)
    drive.virt(ASSIGN, 1, VQ, 4)
    drive.virt(ASSIGN, 1, VI, 3)
    return [after, drive.virt(ONLINE, 1)]
  }

  expect(again('qemu-7.2')).toEqual([[0, 0, 0], '0x4120'])
  expect(again('qemu-10')).toEqual([[0, 0, 0], '0x0'])
})

test('an NVM Subsystem Reset takes everything down, and the primary’s allocation in force', () => {
  const drive = released()
  enableVfs(primaryOf(drive), 1)
  provision(drive, 1)
  drive.virt(TO_PRIMARY, 65, VQ, 6)

  expect(nvmSubsystemReset(drive.subsystem)).toBe(true)

  expect(secondaryAt(drive, 0)).toEqual([0, 0, 0])
  expect(poolOf(drive, 'vq')[2]).toBe(6)
  expect(primaryOf(drive).enabledVfs, 'Linux enables them again').toBe(1)
})

test('QEMU has no NVM Subsystem Reset, and nothing happens', () => {
  const drive = driveOf('qemu-7.2')
  enableVfs(primaryOf(drive), 1)
  provision(drive, 1)

  expect(nvmSubsystemReset(drive.subsystem)).toBe(false)
  expect(secondaryAt(drive, 0)).toEqual(ONE)
})
