import { Type } from 'typebox'
import type { ControllerView, PoolView } from '../../inventory/views.ts'
import type { ResizePrimaryRequest } from '../../workflows/workflows.ts'
import {
  answerShape,
  choice,
  count,
  flag,
  inline,
  nullable,
  ref,
  requestShape,
  text,
  time,
  whole,
} from '../shape.ts'
import { driftField } from './drift.ts'
import { functionFields } from './function.ts'

export const PoolShape = answerShape<PoolView>(
  'FlexiblePool',
  'Flexible resources of one kind (VQ or VI) of a primary controller. Counts, admin queue pairs included.',
  {
    supported: flag('Resources of this kind are flexible'),
    total: count('Flexible in total'),
    assigned: count('Assigned to secondary controllers'),
    primary: count('Allocated to the primary controller'),
    private: count('Private to the primary controller'),
    maxPerSecondary: count('Most that one secondary controller may get'),
    granularity: count('Preferred granularity'),
    free: count('What the pool can still give'),
    pendingReset: nullable(
      count(
        'Pending reset: what the primary controller will have for itself after its next reset other than a Controller Reset. Null: nothing is known to wait'
      )
    ),
  }
)

const Sriov = inline<NonNullable<ControllerView['sriov']>>('SR-IOV of a primary', {
  totalVfs: count('VFs that the function can have'),
  vfCount: count('VFs that are enabled'),
  autoprobe: flag('The kernel probes VFs as they appear'),
  vq: nullable(ref(PoolShape)),
  vi: nullable(ref(PoolShape)),
})

const Capabilities = inline<NonNullable<ControllerView['capabilities']>>('Capabilities', {
  namespaceManagement: flag('Attaches and detaches namespaces'),
  virtualizationManagement: flag('Gives resources to secondary controllers'),
  doorbellBufferConfig: flag('Shadow doorbells for emulated controllers'),
  format: flag('Formats namespaces'),
  maxNamespaces: count('Most namespaces of the subsystem'),
  totalCapacityBytes: text('Capacity in bytes, decimal'),
})

const Smart = inline<NonNullable<ControllerView['smart']>>('SMART / health summary', {
  criticalWarning: count('Bits of the critical warning'),
  temperatureKelvin: count('Composite temperature, K'),
  availableSparePercent: count('Available spare, %'),
  percentageUsed: count('Endurance used, %; may exceed 100'),
  dataUnitsRead: text('Thousands of 512-byte units read, decimal'),
  dataUnitsWritten: text('Thousands of 512-byte units written, decimal'),
  powerOnHours: text('Hours of power, decimal'),
  mediaErrors: text('Media and data integrity errors, decimal'),
})

export const ControllerShape = answerShape<ControllerView>(
  'Controller',
  'An NVMe controller of a physical function: an SR-IOV primary or a plain one',
  {
    id: text('Opaque id: of serial number, NQN and controller id'),
    hostId: text('Host that it is in'),
    name: nullable(text('`nvme0`, an attribute: it may change')),
    state: nullable(text('State by the host driver: `live`')),
    serial: text('Serial number'),
    model: nullable(text('Model')),
    firmware: nullable(text('Firmware revision')),
    subsystemNqn: text('NVMe qualified name of the subsystem'),
    cntlid: count('Controller id in its subsystem'),
    present: flag('Still in the host'),
    ambiguous: flag('Another function claims the same identity: neither is handed over'),
    ioQueuePairs: nullable(count('I/O queue pairs of the host driver')),
    queueDepth: nullable(count('Commands that fit in an I/O queue')),
    sriov: nullable(Sriov),
    capabilities: nullable(Capabilities),
    smart: nullable(Smart),
    health: choice(['ok', 'warning', 'critical', 'unknown'], 'By the SMART summary'),
    assignmentId: nullable(text('Assignment that has it')),
    changingBy: nullable(text('Operation that holds it')),
    drift: driftField,
    ...functionFields,
    numaNode: whole('NUMA node; -1: unknown'),
    observedAt: time('When this was seen'),
  }
)

const own = (kind: string) =>
  Type.Integer({
    minimum: 0,
    maximum: 65_535,
    description: `Flexible ${kind} of the primary's own. 0 gives all of them to the pool`,
  })

export const ResizePrimaryShape = requestShape<ResizePrimaryRequest>(
  'ResizePrimaryRequest',
  'Flexible resources that a primary controller is to have for itself, besides its private ones',
  { vq: own('VQ'), vi: own('VI') },
  { examples: [{ vq: 0, vi: 0 }] }
)
