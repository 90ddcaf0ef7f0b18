/** Histograms of NVMe commands by tracefs: how they are armed, what is refused, and that numbers and files say the same. */
import assert from 'node:assert/strict'
import type { HistogramSource } from '../../../src/kernel/counters.ts'
import { parseHistogram } from '../../support/histogram-text.ts'
import { admin, errnoOf, exists, inLane, read, write } from '../asking.ts'
import { controllerOf } from '../machine.ts'
import type { ContractCase, KernelWorld } from '../world.ts'

const TRACING = '/sys/kernel/tracing'
const EVENTS = `${TRACING}/synthetic_events`
const trigger = (event: string) => `${TRACING}/events/${event}/trigger`
const SETUP = trigger('nvme/nvme_setup_cmd')
const COMPLETE = trigger('nvme/nvme_complete_rq')
const SQ = trigger('nvme/nvme_sq')
const LAT = trigger('synthetic/contract_lat')

const BEGIN = 'hist:keys=ctrl_id,qid,cid:contract_ts=common_timestamp.usecs'
const END =
  'hist:keys=ctrl_id,qid,cid:contract_us=common_timestamp.usecs-$contract_ts:onmatch(nvme.nvme_setup_cmd).contract_lat(ctrl_id,qid,$contract_us)'
const BY_POWER = 'hist:keys=ctrl,qid,lat.log2'
const BY_QUEUE = 'hist:name=contract:keys=ctrl_id,qid'

/** In the order of arming; taken away in the reverse one. */
const ARMED: readonly (readonly [string, string])[] = [
  [EVENTS, 'contract_lat u32 ctrl; u32 qid; u64 lat'],
  [SETUP, BEGIN],
  [COMPLETE, END],
  [LAT, BY_POWER],
  [SQ, BY_QUEUE],
]

export const TRACE_CASES: readonly ContractCase[] = [
  {
    name: 'trace histograms are armed and taken away in their order, and others keep theirs',
    run: async (world) => {
      const found = await filesOf(world)
      await write(world, SQ, 'hist:keys=qid')

      await armed(world, async () => {
        assert.match(
          await read(world, SQ),
          /^hist:keys=qid:vals=hitcount:sort=hitcount:size=2048 \[active\]$/m
        )
        assert.match(
          await read(world, SQ),
          /^hist:name=contract:keys=ctrl_id,qid:vals=hitcount:/m
        )
        assert.match(
          await read(world, EVENTS),
          /^contract_lat\tu32 ctrl; u32 qid; u64 lat$/m
        )
        assert.match(
          await read(world, COMPLETE),
          /contract_us=common_timestamp.usecs-\$contract_ts:/
        )
      })

      assert.equal(await exists(world, LAT), false)
      assert.match(await read(world, SQ), /^hist:keys=qid:/)
      await write(world, SQ, '!hist:keys=qid')
      assert.deepEqual(await filesOf(world), found)
    },
  },
  {
    name: 'a trace histogram is refused without what it needs, twice, and while it is needed',
    run: async (world) => {
      const errno = (path: string, text: string) => errnoOf(write(world, path, text))
      assert.equal(await errno(COMPLETE, END), 'EINVAL')
      assert.equal(await errno(LAT, BY_POWER), 'ENOENT')
      assert.equal(await errno(EVENTS, '!contract_lat'), 'ENOENT')
      assert.equal(await errno(SQ, 'hist:keys=ctrl_id,qid:size=262144'), 'EINVAL')
      assert.equal(await errno(SQ, 'hist:qid'), 'EINVAL')
      await armed(world, async () => {
        assert.equal(
          await errno(EVENTS, 'contract_lat u32 ctrl; u32 qid; u64 lat'),
          'EEXIST'
        )
        assert.equal(await errno(LAT, BY_POWER), 'EEXIST')
        assert.equal(await errno(EVENTS, '!contract_lat'), 'EBUSY')
        assert.equal(await errno(SETUP, `!${BEGIN}`), 'EBUSY')
      })
    },
  },
  {
    name: 'trace histograms as numbers say what the files say, of the admin queue only the files',
    run: async (world) => {
      const name = await controllerOf(world, world.plain)
      const instance = Number(name.replace('nvme', ''))
      const controllers = [{ instance, queues: 2 }]
      const kind = 'histogram'
      const sources: readonly HistogramSource[] = [
        { kind, path: histOf(SQ), trigger: `${BY_QUEUE}:`, buckets: 1, controllers },
        { kind, path: histOf(LAT), trigger: `${BY_POWER}:`, buckets: 32, controllers },
        { kind, path: histOf(SQ), trigger: 'hist:name=other:', buckets: 1, controllers },
      ]
      await armed(world, async () => {
        const reader = await world.kernel.openCounters(sources)
        for (let n = 0; n < 3; n++) await identify(world, name)
        const before = await countsIn(world, instance)
        await reader.read()
        const after = await countsIn(world, instance)

        assert.ok(after.admin >= 3, 'three commands of ours')
        const [first = NaN, second = NaN] = reader.values
        for (const [q, value] of [first, second].entries())
          assert.ok(
            before.commands[q]! <= value && value <= after.commands[q]!,
            `queue ${q + 1}`
          )
        assert.equal(reader.values.length, 2 + 64 + 2)
        assert.ok(reader.values.subarray(2, 66).every((count) => count >= 0))
        assert.ok(reader.values.subarray(66).every(Number.isNaN), 'nobody armed that')
        await reader.close()
      })
    },
  },
]

const removalOf = (text: string) => `!${text.startsWith('hist:') ? text : 'contract_lat'}`
const histOf = (path: string) => path.replace(/trigger$/, 'hist')

/** Taken away also when the work fails, for the cases after it. */
async function armed(world: KernelWorld, work: () => Promise<void>): Promise<void> {
  for (const [path, text] of ARMED) await write(world, path, text)
  try {
    await work()
  } finally {
    for (const [path, text] of ARMED.toReversed()) await write(world, path, removalOf(text))
  }
}

async function filesOf(world: KernelWorld): Promise<readonly string[]> {
  return Promise.all([EVENTS, SETUP, COMPLETE, SQ].map((path) => read(world, path)))
}

async function identify(world: KernelWorld, name: string): Promise<void> {
  await admin(world, `/dev/${name}`, { opcode: 0x06, cdw10: 1, dataInLength: 4096 })
}

async function countsIn(world: KernelWorld, instance: number) {
  const text = await inLane(world, { call: 'read', path: histOf(SQ) })
  const counts = parseHistogram(text).filter(({ keys }) => keys[0] === instance)
  const of = (qid: number) => counts.find(({ keys }) => keys[1] === qid)?.count ?? 0
  return { admin: of(0), commands: [of(1), of(2)] }
}
