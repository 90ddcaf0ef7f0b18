import type { VirtualFunctionView } from '../../inventory/views.ts'
import type { ProvisionRequest } from '../../workflows/workflows.ts'
import { Type } from 'typebox'
import {
  answerShape,
  choice,
  count,
  flag,
  inline,
  listOf,
  nullable,
  requestShape,
  text,
  time,
} from '../shape.ts'
import { driftField } from './drift.ts'
import { functionFields } from './function.ts'

const Secondary = inline<VirtualFunctionView['secondary']>(
  'Actual state of the secondary controller: one of the two lives of a VF',
  {
    state: choice(['online', 'offline'], 'State'),
    vq: count('Queue pairs that it holds, the admin queue pair included'),
    vi: count('Interrupt vectors that it holds'),
  }
)

const Provisioned = inline<NonNullable<VirtualFunctionView['provisioned']>>(
  'What was asked for. Null: in the pool',
  {
    vq: count('Queue pairs, the admin queue pair included'),
    vi: count('Interrupt vectors'),
    ioQueuePairs: count('I/O queue pairs'),
    namespaceIds: listOf(text('Id of a namespace'), 'Namespaces that were asked for'),
    driver: choice(['none', 'nvme'], 'Driver of the host that was asked for'),
  }
)

const Safety = inline<VirtualFunctionView['tenantSafety']>(
  'Whether a tenant could reach by it what is not its own: judged by its own Identify and effects log, or by those of other VFs of its drive',
  {
    verdict: choice(
      ['safe', 'not-safe', 'unknown'],
      'To assign one that is not safe, or of which that is not known, `accept` must say `not-tenant-safe`'
    ),
    reasons: listOf(text('What its tenant could do'), 'Why it is not safe, or not known'),
  }
)

export const VirtualFunctionShape = answerShape<VirtualFunctionView>(
  'VirtualFunction',
  'A VF of an SR-IOV controller: its secondary controller and its PCI function are shown apart',
  {
    id: text('Opaque id: of its primary and its number'),
    hostId: text('Host that it is in'),
    controllerId: text('Its primary controller'),
    vfNumber: count('1-based'),
    cntlid: count('Controller id in its subsystem'),
    enabled: flag('VFs of the primary are enabled, so that the function exists'),
    secondary: Secondary,
    provisioned: nullable(Provisioned),
    quarantine: nullable(
      text(
        'Why it is neither assigned nor in the pool: retiring it failed. Retire it again.'
      )
    ),
    tenantSafety: Safety,
    namespaceIds: listOf(text('Id of a namespace'), 'Namespaces attached now'),
    assignmentId: nullable(text('Assignment that has it')),
    changingBy: nullable(text('Operation that holds it')),
    drift: driftField,
    ...functionFields,
    observedAt: time('When this was seen'),
  }
)

/** Well above any drive: the pool decides, and says what it has. */
const MOST_QUEUE_PAIRS = 65_535

const WantedVf = Type.Object(
  {
    ioQueuePairs: Type.Integer({
      minimum: 1,
      maximum: MOST_QUEUE_PAIRS,
      description: 'I/O queue pairs. The admin queue pair comes on top.',
    }),
    interruptVectors: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MOST_QUEUE_PAIRS,
        description: 'Default: one for each queue pair, the admin queue included',
      })
    ),
    namespaceIds: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      maxItems: 1024,
      uniqueItems: true,
      description: 'Namespaces to attach. All others are detached.',
    }),
  },
  { additionalProperties: false, description: 'One VF' }
)

export const ProvisionShape = requestShape<ProvisionRequest>(
  'ProvisionRequest',
  'VFs to take out of the pool of a controller, cut to measure',
  {
    virtualFunctions: Type.Array(WantedVf, {
      minItems: 1,
      maxItems: 1024,
      description: 'One entry for each VF',
    }),
    driver: Type.Optional(
      choice(['none', 'nvme'], 'Whether the host uses the VFs itself. Default: none')
    ),
  },
  {
    examples: [
      { virtualFunctions: [{ ioQueuePairs: 3, namespaceIds: [] }], driver: 'none' },
    ],
  }
)
