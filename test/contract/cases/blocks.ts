/** Blocks of a disk that is held exclusively. Source: Linux block/{bdev,fops}.c. */
import assert from 'node:assert/strict'
import type { KernelAnswer, KernelCall } from '../../../src/kernel/call.ts'
import { admin, errnoOf, names, read } from '../asking.ts'
import { controllerOf, functionAt } from '../machine.ts'
import { identify } from '../nvme-asking.ts'
import type { ContractCase, KernelWorld } from '../world.ts'

const FORMAT_NVM = 0x80
const USER_DATA_ERASE = 1 << 9
const BLOCK = 4096

export const BLOCK_CASES: readonly ContractCase[] = [
  {
    name: 'what is written on a held disk is read back, until zeroes or a format take it away',
    run: async (world) => {
      const { path, device, last } = await plainDisk(world)
      const readAt = (offset: number) =>
        onDisk(world, { call: 'readBlocks', path, offset, length: BLOCK })
      const places = [0, 40 * BLOCK, last]
      const pattern = Buffer.alloc(BLOCK, 'nvirt was here ')

      await onDisk(world, { call: 'holdDisk', path })
      for (const offset of places)
        await onDisk(world, { call: 'writeBlocks', path, offset, bytes: pattern })
      const written = await Promise.all(places.map(readAt))
      await onDisk(world, { call: 'writeZeroes', path, offset: 0, length: 1 << 20 })
      const zeroed = await Promise.all(places.map(readAt))
      const { status } = await admin(world, device, {
        opcode: FORMAT_NVM,
        nsid: 1,
        cdw10: USER_DATA_ERASE | (await currentFormat(world, device)),
        timeoutMs: 120_000,
      })
      const formatted = await Promise.all(places.map(readAt))
      await onDisk(world, { call: 'letGoDisk', path })

      const zeroes = Buffer.alloc(BLOCK)
      assert.deepEqual(written.map(toHex), [pattern, pattern, pattern].map(toHex))
      assert.deepEqual(zeroed.map(toHex), [zeroes, zeroes, pattern].map(toHex))
      assert.equal(status, 0)
      assert.deepEqual(formatted.map(toHex), [zeroes, zeroes, zeroes].map(toHex))
    },
  },
  {
    name: 'a disk is held by one, and only who holds it reads and writes its blocks',
    run: async (world) => {
      const { path, name, bytes } = await plainDisk(world)
      const hold = () => errnoOf(onDisk(world, { call: 'holdDisk', path }))
      const readAt = (offset: number, length = BLOCK) =>
        errnoOf(onDisk(world, { call: 'readBlocks', path, offset, length }))
      const openExclusive = () =>
        errnoOf(onDisk(world, { call: 'openExclusive', path }, world.plain))

      assert.equal(await readAt(0), 'EBADF')
      const unmount = await world.mount(name)
      assert.equal(await hold(), 'EBUSY')
      await unmount()
      assert.deepEqual([await hold(), await hold()], ['success', 'success'])
      assert.equal(await openExclusive(), 'EBUSY')
      await assert.rejects(world.mount(name))
      assert.deepEqual(
        [await readAt(0), await readAt(100), await readAt(0, 100), await readAt(bytes)],
        ['success', 'EINVAL', 'EINVAL', 'EINVAL']
      )
      await onDisk(world, { call: 'letGoDisk', path })
      await onDisk(world, { call: 'letGoDisk', path })
      assert.deepEqual([await openExclusive(), await readAt(0)], ['success', 'EBADF'])
    },
  },
]

const DEADLINE = { deadlineMs: 60_000 }

/** Whoever erases has a lane of its own. */
async function onDisk<C extends KernelCall>(
  { kernel, plain }: KernelWorld,
  call: C,
  lane = `${plain}-erase`
): Promise<KernelAnswer<C>> {
  const answer = await kernel.lane(lane).call(call, DEADLINE)
  assert.ok(answer.done, `${call.call} hangs`)
  return answer.answer
}

/** Of namespace 1. `last` is where its last whole 4 KiB begin, `bytes` its size. */
async function plainDisk(world: KernelWorld) {
  const controller = await controllerOf(world, world.plain)
  const folder = `${functionAt(world.plain)}/nvme/${controller}`
  const name = (await names(world, folder)).find((each) => /^nvme\d+n\d+$/.test(each))
  assert.ok(name, 'the controller has a disk')
  const bytes = 512 * Number(await read(world, `/sys/block/${name}/size`))
  const last = bytes - BLOCK
  return { name, path: `/dev/${name}`, device: `/dev/${controller}`, bytes, last }
}

/** Index of the LBA format: FLBAS, byte 26 of Identify Namespace. */
async function currentFormat(world: KernelWorld, device: string): Promise<number> {
  const { data } = await identify(world, device, 0x00, 1)
  return (data[26] ?? 0) & 0xf
}

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
