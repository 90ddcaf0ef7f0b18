import fc from 'fast-check'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'
import { mapping } from '../../src/emulator/fleet-fields.ts'
import { partsOf, within } from '../../src/emulator/fleet-fault.ts'
import { fleetSchema } from '../../src/emulator/fleet-schema.ts'
import { shapeFaults } from '../../src/emulator/fleet-shape.ts'

const load = Type.Union([
  mapping({ model: Type.Literal('steady'), iops: Type.Integer({ minimum: 0 }) }),
  mapping({ model: Type.Literal('queue'), depth: Type.Integer({ minimum: 1 }) }),
])
const size = Type.Union([Type.Literal('big'), Type.Literal('small')])
const mount = Type.Union([Type.String({ pattern: '^/' }), Type.Array(Type.String())])
const schema = mapping({ load, size, mount })
const sound = { load: { model: 'queue', depth: 4 }, size: 'big', mount: ['/a'] }

const UNIONS: readonly (readonly [
  string,
  object,
  readonly (readonly [string, string])[],
])[] = [
  ['all is well', {}, []],
  ['a value of no constant', { size: 'huge' }, [['size', 'must be big or small']]],
  ['neither kind', { mount: 5 }, [['mount', 'must be text or a list']]],
  ['the list that was meant', { mount: ['/a', 5] }, [['mount[1]', expect.any(String)]]],
  [
    'an unknown model',
    { load: { model: 'none', depth: 4 } },
    [['load.model', 'must be steady or queue']],
  ],
  [
    'a field of the model that was meant',
    { load: { model: 'queue', depth: 0 } },
    [['load.depth', 'must be a whole number of at least 1']],
  ],
  [
    'a field of another model',
    { load: { model: 'queue', depth: 1, iops: 3 } },
    [['load.iops', 'is not a field here: known are model, depth']],
  ],
  ['no mapping', { load: 7 }, [['load', 'must be a mapping']]],
]

test.for(UNIONS)(
  'of several shapes the meant one is explained: %s',
  ([, change, faults]) => {
    const found = shapeFaults(schema, { ...sound, ...change })

    expect(found.map(({ field, reason }) => [field, reason])).toEqual(faults)
  }
)

test('a value has faults exactly when its schema refuses it', () => {
  const fleet = JSON.stringify(demoFleet())
  const values = [...fleet.matchAll(/(?<=:)("[^"]*"|true|false|[\d.]+|null)/g)]

  fc.assert(
    fc.property(fc.nat(values.length - 1), fc.json({ maxDepth: 2 }), (nth, other) => {
      const [text = '', at = 0] = [values[nth]?.[0], values[nth]?.index]
      const changed: unknown = JSON.parse(
        fleet.slice(0, at) + other + fleet.slice(at + text.length)
      )

      const faults = shapeFaults(fleetSchema, changed)

      expect(faults.length > 0).toBe(!Value.Check(fleetSchema, changed))
      expect(new Set(faults.map(({ field }) => field)).size, 'one a field').toBe(
        faults.length
      )
    }),
    { numRuns: 300 }
  )
})

test('a field is found again by its name, whatever is in it', () => {
  const part = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom('a.b', 'a[0]', '"', '0')
  )

  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.nat(99)), { minLength: 1 }), (parts) => {
      const name = parts.reduce<string>((parent, one) => within(parent, one), 'hosts')

      expect(partsOf(name)).toEqual(['hosts', ...parts])
    })
  )
})
