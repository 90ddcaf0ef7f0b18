import { expect, test } from 'vitest'
import type { HostChange } from '../../src/host/change.ts'
import { HostDriverError } from '../../src/host/driver.ts'
import type { Binding, HostAnswer, HostQuery } from '../../src/host/query.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import type { Ask } from '../../src/workflows/host-session.ts'
import { carryOut } from '../../src/workflows/moves.ts'
import { rebind } from '../../src/workflows/rebind.ts'

const fn = pciAddress('0000:01:00.1')

test('a function goes from driver to driver, its override first', async () => {
  const function_ = slowFunction({ driver: 'nvme', override: null })

  const made = await function_.rebound({ driver: 'vfio-pci', override: 'vfio-pci' })

  expect(made).toEqual(['setOverride', 'unbind', 'probe'])
  expect(function_.binding).toEqual({ driver: 'vfio-pci', override: 'vfio-pci' })
})

test('a second run waits until the driver serves the function: bound alone is not restored', async () => {
  const function_ = slowFunction({ driver: null, override: null })
  const wanted = { driver: 'nvme', override: null }

  const first = function_.rebound(wanted)
  await expect(first).rejects.toMatchObject({ failure: { kind: 'controller-not-live' } })
  const second = function_.rebound(wanted)
  await expect(second).rejects.toMatchObject({ failure: { kind: 'controller-not-live' } })
  function_.becomesLive()

  await expect(function_.rebound(wanted)).resolves.toContain('probe')
})

test('vfio-pci that had a function by its ids has it again, and no override is left', async () => {
  const function_ = slowFunction({ driver: 'nvme', override: 'nvme' })
  const wanted = { driver: 'vfio-pci', override: null }

  const made = await function_.rebound(wanted)
  const again = await function_.rebound(wanted)

  expect(made).toEqual(['setOverride', 'unbind', 'probe', 'setOverride'])
  expect(again).toEqual(['setOverride', 'probe'])
  expect(function_.binding).toEqual(wanted)
})

test('what stands before an unbind is asked only when there is something to unbind', async () => {
  const function_ = slowFunction({ driver: 'vfio-pci', override: null })
  let asked = 0
  const counting = { look: () => Promise.resolve((asked++, [])) }

  await function_.rebound({ driver: 'vfio-pci', override: null }, [counting])
  const asItIs = asked
  await function_.rebound({ driver: null, override: null }, [counting])
  const taken = asked
  await function_.rebound({ driver: 'vfio-pci', override: null }, [counting])

  expect([asItIs, taken, asked]).toEqual([0, 1, 1])
})

/** A function whose controller, once nvme has it, takes its time to become live. */
function slowFunction(found: Binding) {
  let binding = found
  let isLive = false

  function apply(change: HostChange): Promise<readonly string[]> {
    if (change.change === 'setOverride') binding = { ...binding, override: change.driver }
    if (change.change === 'unbind') binding = { ...binding, driver: null }
    if (change.change === 'probe') {
      binding = { ...binding, driver: change.expectDriver }
      if (change.expectDriver === 'nvme' && !isLive) return Promise.reject(notLive())
    }
    return Promise.resolve([change.change])
  }

  return {
    get binding() {
      return binding
    },
    becomesLive: () => void (isLive = true),
    rebound: (wanted: Binding, beforeUnbind?: Parameters<typeof rebind>[2]) =>
      carryOut(
        rebind(fn, wanted, beforeUnbind),
        askerOf(() => binding),
        apply
      ),
  }
}

function askerOf(binding: () => Binding): Ask {
  return <Q extends HostQuery>(query: Q) => {
    if (query.read !== 'binding') throw new Error(`asked for ${query.read}`)
    return Promise.resolve(binding() as HostAnswer<Q>) // the one query that there is
  }
}

function notLive() {
  return new HostDriverError('probing', {
    kind: 'controller-not-live',
    state: 'connecting',
  })
}
