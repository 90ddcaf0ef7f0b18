/** new_id and remove_id. */
import { expect, test } from 'vitest'
import { DEVICES, DRIVERS, labMachine } from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'

const PLAIN = '0000:02:00.0'
const NEW_ID = `${DRIVERS}/vfio-pci/new_id`
const REMOVE_ID = `${DRIVERS}/vfio-pci/remove_id`

/** The plain controller without a driver, after an id was written. */
async function afterNewId(text: string) {
  const machine = await labMachine()
  await machine.write(`${DRIVERS}/nvme/unbind`, PLAIN)
  const said = await machine.write(NEW_ID, text)
  return { machine, said, bound: await machine.exists(`${DEVICES}/${PLAIN}/driver`) }
}

const GRABS = [
  '1b36 0010',
  '1B36 10\n',
  '0x1b36 0x0010',
  '1b36 0010 1af4 1100',
  '1b36 0010 ffffffff ffffffff',
  '1b36 0010 1af4 1100 010802 ffffff 0',
  '1b36 0010 1af4 1100 010000 ff0000',
]

test.for(GRABS)('vfio-pci takes the unbound function by the id %s', async (text) => {
  const { said, bound } = await afterNewId(text)

  expect({ said, bound }).toEqual({ said: 'ok', bound: true })
})

const GRABS_NOT = [
  ['another device', '1b36 0011', 'ok'],
  ['another subsystem', '1b36 0010 1af4 1101', 'ok'],
  ['another class', '1b36 0010 1af4 1100 020000 ff0000', 'ok'],
  ['one number', '1b36', 'EINVAL'],
  ['no number', 'nvme', 'EINVAL'],
] as const

test.for(GRABS_NOT)('an id with %s takes nothing', async ([, text, answer]) => {
  const { said, bound } = await afterNewId(text)

  expect({ said, bound }).toEqual({ said: answer, bound: false })
})

test('an id that the driver has already is EEXIST, unless all seven fields are given', async () => {
  const machine = await labMachine()

  const said = [
    await machine.write(NEW_ID, '144d a824'),
    await machine.write(NEW_ID, '144d a824'),
    await machine.write(NEW_ID, '144d a824 144d a801'),
    await machine.write(NEW_ID, '144d a824 144d a801 0 0 0'),
    await machine.write(`${DRIVERS}/nvme/new_id`, '1b36 0010'),
    await machine.write(`${DRIVERS}/nvme/new_id`, '144d a824 144d a801 010802 ffffff'),
  ]

  expect(said).toEqual(['ok', 'EEXIST', 'EEXIST', 'ok', 'EEXIST', 'EEXIST'])
})

test('an id is dropped once, and what it bound stays bound', async () => {
  const { machine } = await afterNewId('1b36 0010 1af4 1100')

  const said = [
    await machine.write(REMOVE_ID, '1b36 0010 1af4 1101'),
    await machine.write(REMOVE_ID, '1b36 0010'),
    await machine.write(REMOVE_ID, '1b36 0010'),
    await machine.write(REMOVE_ID, '1b36'),
  ]

  expect(said).toEqual(['ENODEV', 'ok', 'ENODEV', 'EINVAL'])
  expect(await driverOf(machine)).toBe('vfio-pci')
})

test('an override keeps a function from an id', async () => {
  const machine = await labMachine()
  await machine.write(`${DRIVERS}/nvme/unbind`, PLAIN)
  await machine.write(`${DEVICES}/${PLAIN}/driver_override`, 'none')

  await machine.write(NEW_ID, '1b36 0010')

  expect(await machine.exists(`${DEVICES}/${PLAIN}/driver`)).toBe(false)
})

test('an override longer than a page is refused', async () => {
  const machine = await labMachine()
  const path = `${DEVICES}/${PLAIN}/driver_override`

  expect(await machine.write(path, 'x'.repeat(4094))).toBe('ok')
  expect(await machine.write(path, 'x'.repeat(4095))).toBe('EINVAL')
})

async function driverOf(machine: TestMachine): Promise<string | undefined> {
  return (await machine.link(`${DEVICES}/${PLAIN}/driver`)).split('/').at(-1)
}
