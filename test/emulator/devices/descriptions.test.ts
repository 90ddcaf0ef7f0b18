/** Drives that a machine file describes and no device could be. */
import { expect, test } from 'vitest'
import { inconsistencies } from '../../../src/emulator/fleet-consistency.ts'
import type {
  ControllerDescription,
  FleetDescription,
  NamespaceDescription,
  SubsystemDescription,
} from '../../../src/emulator/fleet.ts'
import { namespace, NAMESPACE_BYTES } from './drive.ts'

const SRIOV = {
  totalVfs: 2,
  vqFlexible: 8,
  viFlexible: 8,
  maxVqPerVf: 4,
  maxViPerVf: 4,
  vqPrivate: 3,
  viPrivate: 3,
}

const port = (slot: number, more: Partial<ControllerDescription> = {}) => ({
  address: `0000:0${slot}:00.0`,
  cntlid: slot * 16,
  ioQueues: 4,
  ...more,
})

function fleetOf(drive: Partial<SubsystemDescription>): FleetDescription {
  return {
    hosts: [
      {
        name: 'host',
        cpus: 2,
        iommu: true,
        kernelRelease: '6.1.0',
        subsystems: [
          {
            nqn: 'nqn.2026-01.example:drive',
            serial: 'S1',
            model: 'Example',
            firmware: '1.0',
            vendor: 1,
            device: 1,
            controllers: [port(1)],
            namespaces: [namespace(1, true)],
            ...drive,
          },
        ],
      },
    ],
  }
}

const attachedTo = (ids: readonly number[], more: Partial<NamespaceDescription> = {}) => [
  { ...namespace(1, true), attachedTo: ids, ...more },
]

const FAULTS: readonly (readonly [string, Partial<SubsystemDescription>, string])[] = [
  [
    'two devices in one drive',
    { controllers: [port(1, { device: 'qemu-10' }), port(2)] },
    'controllers[1].device',
  ],
  [
    'VFs of an ordinary drive',
    { controllers: [port(1, { device: 'plain', sriov: SRIOV })] },
    'controllers[0].sriov',
  ],
  [
    'grains of QEMU',
    { controllers: [port(1, { sriov: { ...SRIOV, viGranularity: 2 } })] },
    'controllers[0].sriov.viGranularity',
  ],
  [
    'more namespaces than capacity',
    { capacityBytes: NAMESPACE_BYTES - 1 },
    'capacityBytes',
  ],
  [
    'attachment to a stranger',
    { namespaces: attachedTo([17]) },
    'namespaces[0].attachedTo',
  ],
  [
    'attachment without being attached',
    { namespaces: attachedTo([16], { attached: false }) },
    'namespaces[0].attachedTo',
  ],
  [
    'a private namespace of two',
    {
      controllers: [port(1), port(2)],
      namespaces: attachedTo([16, 32], { shared: false }),
    },
    'namespaces[0].attachedTo',
  ],
]

test.for(FAULTS)('refused: %s', ([, drive, field]) => {
  const faults = inconsistencies(fleetOf(drive), [])

  expect(faults.map((one) => one.field)).toEqual([`hosts[0].subsystems[0].${field}`])
})

test('what a device can be is not refused', () => {
  const controllers = [
    port(1, { device: 'pm1733', sriov: { ...SRIOV, vqGranularity: 2 } }),
    port(2, { device: 'pm1733' }),
  ]

  const faults = inconsistencies(
    fleetOf({ controllers, namespaces: attachedTo([16, 32]), capacityBytes: 2 ** 40 }),
    []
  )

  expect(faults).toEqual([])
})
