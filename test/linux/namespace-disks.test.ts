/** Which disk is a namespace's, for a controller that the host has it through. */
import { expect, test } from 'vitest'
import { dualController, first, second } from '../support/dual-controller.ts'
import { capturedHost, context, done, failureOf, pf } from './captured-host.ts'
import { applied, emulatedHost } from './emulated-host.ts'

test('a controller with a disk of its own has the heads of its subsystem as well', async () => {
  const { host, machine } = capturedHost()
  machine.files.text('/sys/class/nvme/nvme0/nvme0n2/nsid', '2\n')
  machine.files.text('/dev/nvme0n2', '')

  const held = [1, 2].map((nsid) =>
    host.apply({ change: 'holdDisk', fn: pf, nsid }, context)
  )

  expect(await Promise.all(held)).toEqual([done(), done()])
  const paths = machine.laneCalls.flatMap(({ call }) =>
    call.call === 'holdDisk' ? [call.path] : []
  )
  expect(paths).toEqual(['/dev/nvme0n1', '/dev/nvme0n2'])
})

test('without multipath the disk of another controller of the subsystem is not its own', async () => {
  const namespaces = [{ nsid: 2, attachedTo: [2] }]
  const world = await emulatedHost(dualController(namespaces, { multipath: false }))
  const hold = { change: 'holdDisk', nsid: 2 } as const

  const byOther = await failureOf(applied(world, { ...hold, fn: first }))
  const byItsOwn = await applied(world, { ...hold, fn: second })

  expect(byOther).toMatchObject({ kind: 'gone' })
  expect(byItsOwn).toMatchObject({ outcome: 'done' })
})
