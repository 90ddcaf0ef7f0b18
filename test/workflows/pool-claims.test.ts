/** Whatever VFs have, and are to have, in whatever order: no pool gives more than it has, and nobody waits for those that wait for him. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FlexibleResources } from '../../src/nvme/secondary-controller.ts'
import type { ControllerRow, VirtualFunctionRow } from '../../src/store/rows.ts'
import { NOTHING, poolClaims } from '../../src/workflows/declared/pool-claims.ts'
import { atSize } from '../support/test-size.ts'
import { controllerAnswer, controllerRow, virtualFunctionRow } from '../store/rows.ts'

const POOL = 12

/** The full size of a property takes half a minute where nothing else runs. */
const LONG = { timeout: 240_000 }

type Vf = {
  readonly has: FlexibleResources | null
  readonly toHave: FlexibleResources | null
  readonly isUsed: boolean
}

const resources = fc.record({
  vq: fc.integer({ min: 2, max: 6 }),
  vi: fc.integer({ min: 1, max: 6 }),
})
const anyVfs = fc
  .array(
    fc.record({
      has: fc.option(resources),
      toHave: fc.option(resources),
      isUsed: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 }
  )
  .map((vfs) => vfs.map((vf) => ({ ...vf, isUsed: vf.isUsed && vf.has !== null })))
  .filter((vfs) => fits(vfs.map(({ has }) => has)))

const fits = (those: readonly (FlexibleResources | null)[]) =>
  (['vq', 'vi'] as const).every(
    (kind) => those.reduce((sum, one) => sum + (one?.[kind] ?? 0), 0) <= POOL
  )
const isAs = ({ has, toHave }: Vf) => JSON.stringify(has) === JSON.stringify(toHave)
const isWaited = (vf: Vf) => !vf.isUsed && !isAs(vf)

const FLEXIBLE = {
  supported: true,
  total: POOL,
  assigned: 0,
  primary: 0,
  private: 0,
  maxPerSecondary: 6,
  granularity: 1,
}
const CONTROLLER: ControllerRow = {
  ...controllerRow(),
  sriovBefore: null,
  lastController: {
    ...controllerAnswer(),
    primary: { cntlid: 0, vq: FLEXIBLE, vi: FLEXIBLE },
  },
}

function rowOf({ has }: Vf, at: number): VirtualFunctionRow {
  const its = {
    nsids: [],
    driver: 'none',
    tenant: 'demo',
    operationId: '',
    at: '',
  } as const
  const row = virtualFunctionRow({ id: `vf-${at + 1}`, vfNumber: at + 1, ...has })
  return { ...row, provisioned: has && { ...has, ...its } }
}

/** The next that goes: first those that give back. undefined: all wait. */
function next(vfs: readonly Vf[]): number | undefined {
  const rows = vfs.map(rowOf)
  const going = vfs.flatMap((vf, at) => {
    const row = rows[at]
    return row && isWaited(vf) ? [{ row, toHave: vf.toHave ?? NOTHING }] : []
  })
  const toHave = new Map(going.map((one) => [one.row.id, one.toHave]))
  const { refuse } = poolClaims(CONTROLLER, rows, toHave)
  const free = going.filter((one) => one.toHave === NOTHING || !refuse(one.row, one.toHave))
  const first = free.find(({ row }) => row.provisioned) ?? free[0]
  return first && rows.indexOf(first.row)
}

function played(vfs: readonly Vf[]): readonly Vf[] {
  const now = [...vfs]
  for (let steps = 0; steps < 50; steps++) {
    const at = next(now)
    const vf = at === undefined ? undefined : now[at]
    if (at === undefined || !vf) return now
    now[at] = { ...vf, has: vf.has ? null : vf.toHave }
    expect(fits(now.map(({ has }) => has))).toBe(true)
  }
  throw new Error('it never comes to rest')
}

test(
  'those that can be as declared together become so, whoever has to let go first',
  LONG,
  () => {
    fc.assert(
      fc.property(anyVfs, (vfs) => {
        const then = vfs.map((vf) => (vf.isUsed ? vf.has : vf.toHave))
        fc.pre(fits(then))
        expect(played(vfs).map(({ has }) => has)).toEqual(then)
      }),
      { numRuns: atSize({ normal: 2_000, full: 50_000 }) }
    )
  }
)

test(
  'where not all can, they come to rest, and no pool gives more than it has',
  LONG,
  () => {
    fc.assert(
      fc.property(anyVfs, (vfs) => {
        expect(next(played(vfs))).toBeUndefined()
      }),
      { numRuns: atSize({ normal: 1_000, full: 50_000 }) }
    )
  }
)

const free = { isUsed: false }
const of = (vq: number) => ({ vq, vi: 1 })

test('one that would shrink keeps what it has where another would be given all of it', () => {
  const vfs = [
    { has: null, toHave: of(6), ...free },
    { has: of(4), toHave: of(3), ...free },
    { has: of(6), toHave: of(3), isUsed: true },
  ]

  expect(played(vfs)).toEqual(vfs)
})

test('one that is to grow goes when the one has gone that gives it what it lacks', () => {
  const grows = { has: of(4), toHave: of(8), ...free }
  const shrinks = { has: of(8), toHave: of(4), ...free }

  expect(next([grows, shrinks])).toBe(1)
  expect(next([grows, { ...shrinks, isUsed: true }])).toBeUndefined()
  expect(played([grows, shrinks]).map(({ has }) => has?.vq)).toEqual([8, 4])
})

test(
  'whoever becomes used meanwhile, none but those that wait for each other end with nothing',
  LONG,
  () => {
    fc.assert(
      fc.property(anyVfs, fc.nat(5), (vfs, at) => {
        const begun = next(vfs)
        fc.pre(begun !== undefined && begun !== at && vfs[at]?.has != null)
        const one = vfs[begun ?? 0]
        fc.pre(one?.has != null && one.toHave !== null && !isCircle(vfs, one))
        const then = vfs.map((vf, nth) =>
          nth === begun ? { ...vf, has: null } : { ...vf, isUsed: vf.isUsed || nth === at }
        )
        expect(played(then)[begun ?? 0]?.has).toEqual(one?.toHave)
      }),
      { numRuns: atSize({ normal: 2_000, full: 50_000 }) }
    )
  }
)

/** It went since what it lacks is to be let go by others, which wait for it as it does for them. */
function isCircle(vfs: readonly Vf[], one: Vf): boolean {
  const others = vfs.filter((vf) => vf !== one)
  return !fits([...others.map(({ has, toHave }) => has ?? toHave), one.toHave])
}

test('one that has nothing yet goes before one that has less than it is to have', () => {
  const vfs = [
    { has: of(4), toHave: of(6), ...free },
    { has: null, toHave: of(4), ...free },
    { has: of(4), toHave: of(2), isUsed: true },
  ]

  expect(played(vfs).map(({ has }) => has?.vq)).toEqual([4, 4, 4])
})
