/** What a drive answers, nvirt can say in words. */
import { expect, test } from 'vitest'
import * as statuses from '../../../src/emulator/devices/status.ts'
import { statusName } from '../../../src/nvme/status.ts'

test('every status that an emulated drive gives has a name', () => {
  const { DO_NOT_RETRY, ...given } = statuses
  const codes = Object.values(given).filter((one) => typeof one === 'number')

  const nameless = codes.map(statusName).filter((name) => name.startsWith('Status Code'))

  expect(codes.length).toBeGreaterThan(20)
  expect(codes.some((code) => code > DO_NOT_RETRY)).toBe(true)
  expect(nameless).toEqual([])
})
