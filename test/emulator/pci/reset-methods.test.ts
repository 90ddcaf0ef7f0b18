/** `reset` and `reset_method`. */
import { expect, test } from 'vitest'
import { KERNEL_TIMING } from '../../../src/emulator/timing.ts'
import { begunWrite, DEVICES, labMachine, PF } from '../machine-calls.ts'

const PLAIN = `${DEVICES}/0000:02:00.0`
const VF = `${DEVICES}/0000:01:00.1`

test('resets are tried in the order that was written; an unknown one leaves them as they were', async () => {
  const machine = await labMachine()
  const written = async (text: string) => [
    await machine.write(`${PLAIN}/reset_method`, text),
    await machine.read(`${PLAIN}/reset_method`),
  ]

  expect(await machine.read(`${PLAIN}/reset_method`)).toBe('flr bus\n')
  expect(await written('bus flr\n')).toEqual(['ok', 'bus flr\n'])
  expect(await written('flr')).toEqual(['ok', 'flr\n'])
  expect(await written('pm')).toEqual(['EINVAL', 'flr\n'])
  expect(await written('flr flies')).toEqual(['EINVAL', 'flr\n'])
  expect(await written('default')).toEqual(['ok', 'flr bus\n'])
})

test('with all resets switched off a reset is ENOTTY, and the files stay', async () => {
  const machine = await labMachine()

  await machine.write(`${PLAIN}/reset_method`, '\n')

  expect(await machine.read(`${PLAIN}/reset_method`)).toBe('')
  expect(await machine.write(`${PLAIN}/reset`, '1')).toBe('ENOTTY')
  expect(await machine.write(`${PLAIN}/reset`, '2'), 'looked at first').toBe('EINVAL')
})

test('the bus cannot be reset while there are VFs on it', async () => {
  const machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/reset_method`, 'bus')
  const alone = await machine.write(`${PF}/reset`, '1')
  await machine.write(`${PF}/sriov_numvfs`, '1')

  expect(alone).toBe('ok')
  expect(await machine.write(`${PF}/reset`, '1')).toBe('ENOTTY')
  expect(await machine.write(`${PF}/reset_method`, 'bus')).toBe('EINVAL')
  await machine.write(`${PF}/reset_method`, 'default')
  expect(await machine.read(`${PF}/reset_method`)).toBe('flr\n')
})

test('a bridge has no reset of its own', async () => {
  const machine = await labMachine()

  expect(await machine.exists(`${DEVICES}/0000:00:05.0/reset`)).toBe(false)
  expect(await machine.exists(`${DEVICES}/0000:00:05.0/reset_method`)).toBe(false)
})

test('nvme resets its controller with the function: it is live again after both', async () => {
  const machine = await labMachine({ timing: KERNEL_TIMING })
  const { functionResetMs, controllerResetMs } = KERNEL_TIMING
  const state = () => machine.read('/sys/class/nvme/nvme1/state')

  const resetting = await begunWrite(machine, `${PLAIN}/reset`, '1')
  const during = await state()
  await machine.clock.advance(functionResetMs + controllerResetMs)

  expect(during).toBe('resetting\n')
  expect(resetting.said()).toBe('ok')
  expect(await state()).toBe('live\n')
})

test('a VF that its PF’s reset took away does not come back, and that takes a minute to find out', async () => {
  const machine = await labMachine({ timing: KERNEL_TIMING })
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  for (const [file, text] of [
    ['sriov_numvfs', '1'],
    ['reset', '1'],
  ] as const) {
    await begunWrite(machine, `${PF}/${file}`, text)
    await machine.clock.advance(1_000)
  }

  const resetting = await begunWrite(machine, `${VF}/reset`, '1')
  await machine.clock.advance(KERNEL_TIMING.resetGivesUpMs)
  const waiting = resetting.said()
  await machine.clock.advance(KERNEL_TIMING.functionResetMs)

  expect(waiting).toBeUndefined()
  expect(resetting.said()).toBe('ENOTTY')
})

test('MSI-X vectors of a VF are not for sysfs to give, with whatever driver', async () => {
  const machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '1')
  await machine.write(`${VF}/driver_override`, 'vfio-pci')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.1')

  const said = []
  for (const text of ['4', '0', '-1', 'four'])
    said.push(await machine.write(`${VF}/sriov_vf_msix_count`, text))

  expect(said).toEqual(['EOPNOTSUPP', 'EOPNOTSUPP', 'EINVAL', 'EINVAL'])
})
