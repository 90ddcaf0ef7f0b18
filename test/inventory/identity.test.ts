import fc from 'fast-check'
import { v5 } from 'uuid'
import { expect, test } from 'vitest'
import {
  controllerIdOf,
  hostIdOf,
  namespaceIdOf,
  unansweredControllerIdOf,
  virtualFunctionIdOf,
} from '../../src/inventory/identity.ts'
import { namespace, pci } from './observed.ts'

const text = fc.string({ maxLength: 6 }).map((raw) => raw.replaceAll('\0', ''))
const identity = fc.record({
  serial: text,
  subsystemNqn: text,
  cntlid: fc.nat({ max: 300 }),
})

test('controllers have one id exactly when they have one identity', () => {
  fc.assert(
    fc.property(identity, identity, (one, other) => {
      const same =
        one.serial === other.serial &&
        one.subsystemNqn === other.subsystemNqn &&
        one.cntlid === other.cntlid
      expect(controllerIdOf(one) === controllerIdOf(other)).toBe(same)
    })
  )
})

test('ids are UUIDs of version 5, as the library makes them', () => {
  fc.assert(
    fc.property(identity, ({ serial, subsystemNqn, cntlid }) => {
      const name = ['controller', serial, subsystemNqn, String(cntlid)].join('\0')
      expect(controllerIdOf({ serial, subsystemNqn, cntlid })).toBe(
        v5(name, '5b0c6f2e-8a54-4d0e-9a53-0f9a4f2d7c11')
      )
    })
  )
})

test('fields do not run into each other', () => {
  const one = { serial: 'a', subsystemNqn: 'b1', cntlid: 2 }

  expect(controllerIdOf(one)).not.toBe(
    controllerIdOf({ ...one, serial: 'ab', subsystemNqn: '1' })
  )
  expect(controllerIdOf(one)).not.toBe(
    controllerIdOf({ ...one, subsystemNqn: 'b', cntlid: 12 })
  )
})

test('things of different kinds never share an id', () => {
  const ids = [
    hostIdOf('1'),
    controllerIdOf({ serial: '1', subsystemNqn: '', cntlid: 1 }),
    virtualFunctionIdOf('1', 1),
    namespaceIdOf({ ...NAMESPACE, nguid: '1' }),
    namespaceIdOf({ ...NAMESPACE, eui64: '1' }),
    namespaceIdOf(NAMESPACE),
  ]

  expect(new Set(ids).size).toBe(ids.length)
})

test('a namespace keeps its id when only its place changes, if the drive names it', () => {
  const named = { ...NAMESPACE, nguid: '0011223344556677' }

  expect(namespaceIdOf({ ...named, nsid: 9 })).toBe(namespaceIdOf(named))
  expect(namespaceIdOf({ ...NAMESPACE, nsid: 9 })).not.toBe(namespaceIdOf(NAMESPACE))
})

test('a namespace stays itself when its UUID comes and goes with its attachment', () => {
  const attached = { ...NAMESPACE, uuid: '7b4f2d3e-0000-4000-8000-000000000001' }

  expect(namespaceIdOf(attached)).toBe(namespaceIdOf(NAMESPACE))
})

test('a UUID takes no part, since a detached namespace has none to show', () => {
  const detached = namespace({ uuid: null })
  const attached = namespace({ uuid: 'd3b07384-d113-4ec6-a7d6-d1b2e3f4a5b6' })

  expect(namespaceIdOf(attached)).toBe(namespaceIdOf(detached))
})

test('a drive that never answered is told by its serial-number capability, wherever it is', () => {
  const dsn = { serialNumber: '0011223344556677' }
  const here = pci('0000:05:00.0', dsn)

  expect(unansweredControllerIdOf('host', pci('0000:09:00.0', dsn))).toBe(
    unansweredControllerIdOf('host', here)
  )
  expect(unansweredControllerIdOf('host', pci('0000:05:00.1', dsn))).not.toBe(
    unansweredControllerIdOf('host', here)
  )
  expect(unansweredControllerIdOf('host', pci('0000:05:00.0'))).not.toBe(
    unansweredControllerIdOf('other host', pci('0000:05:00.0'))
  )
})

const NAMESPACE = {
  subsystemNqn: 'nqn',
  serial: '1',
  nsid: 1,
  nguid: null,
  eui64: null,
}
