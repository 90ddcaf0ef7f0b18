import { Type } from 'typebox'
import { ACCEPTABLE } from '../../workflows/acceptable.ts'
import type {
  AssignmentView,
  AssignRequest,
  ReleaseRequest,
} from '../../workflows/workflows.ts'
import {
  answerShape,
  anyJson,
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

const HandOver = inline<NonNullable<AssignmentView['handOver']>>(
  'What the consumer needs, once the assignment is ready',
  {
    address: text('PCI address of the function'),
    iommuGroup: count('Number of its IOMMU group'),
    vfioPath: text('Device file of the group: `/dev/vfio/7`'),
    qemuArguments: listOf(text('One argument'), 'Arguments for QEMU'),
    libvirtXml: text('A libvirt hostdev element'),
  }
)

type Before = NonNullable<AssignmentView['before']>
type Attachments = NonNullable<Before['attachments']>

const RecordedAttachments = inline<Attachments>(
  'Of a controller that went with chosen namespaces: what was attached to what, and is put back',
  {
    given: listOf(count('NSID'), 'Namespaces that the consumer has, and no others'),
    controllers: listOf(
      count('Controller id'),
      'Controllers whose attachments were changed: the assigned one, then those of the host'
    ),
    found: listOf(
      inline<Attachments['found'][number]>('A namespace', {
        nsid: count('NSID'),
        shared: flag('Whether it may be attached to several controllers at once'),
        cntlids: listOf(count('Controller id'), 'Those of the controllers that had it'),
      }),
      'Each namespace that is concerned, as it was'
    ),
    returned: Type.Optional(flag('Whether all of it was put back')),
  }
)

const BeforeAssignment = inline<Before>(
  'What was recorded before the function was touched',
  {
    binding: inline<Before['binding']>('Driver and override', {
      driver: nullable(text('Driver')),
      override: nullable(text('Driver override')),
    }),
    identity: Type.Unsafe<Before['identity']>(anyJson('Who was behind the address')),
    condition: Type.Optional(
      Type.Unsafe<NonNullable<Before['condition']>>(
        anyJson('Firmware and wear of its drive at hand-over, where it answered')
      )
    ),
    attachments: Type.Optional(RecordedAttachments),
    reached: Type.Optional(
      Type.Unsafe<NonNullable<Before['reached']>>(
        anyJson('Namespaces that a controller went with, and all that its drive had then')
      )
    ),
    recreating: Type.Optional(
      Type.Unsafe<NonNullable<Before['recreating']>>(
        anyJson('Namespaces that a release deletes, until others like them are created')
      )
    ),
    cleaned: Type.Optional(
      Type.Unsafe<NonNullable<Before['cleaned']>>(
        anyJson(
          'Evidence, by step, of releases that have cleaned it, so that the next one erases nothing again'
        )
      )
    ),
  }
)

export const AssignmentState = choice(
  [
    'requested',
    'preparing',
    'ready',
    'restoring',
    'lost',
    'releasing',
    'cleaning',
    'quarantined',
    'released',
    'failed',
  ],
  'Where it is in its life'
)

export const AssignmentShape = answerShape<AssignmentView>(
  'Assignment',
  'A function in the hands of a consumer, whatever the power state of its virtual machine',
  {
    id: text('Opaque id'),
    hostId: text('Host of the function'),
    functionKind: choice(['controller', 'virtualFunction'], 'What was assigned'),
    functionId: text('Id of the function'),
    state: AssignmentState,
    consumer: text('Which virtual machine this is for'),
    actor: text('Who asked for it'),
    tenant: text('Whose it is'),
    operationId: text('Operation that made or ends it'),
    before: nullable(BeforeAssignment),
    handOver: nullable(HandOver),
    quarantine: nullable(text('Why the function is quarantined')),
    namespaceIds: listOf(
      text('Id of a namespace'),
      'Namespaces that the consumer has, as last seen'
    ),
    drift: driftField,
    createdAt: time('When it was asked for'),
    updatedAt: time('When it last changed'),
  }
)

const functionId = (of: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: `Id of ${of}` }))

export const AssignShape = requestShape<AssignRequest>(
  'AssignRequest',
  'A VF or a whole controller, exactly one of the two, for a consumer',
  {
    virtualFunctionId: functionId('a VF'),
    controllerId: functionId('a controller'),
    namespaceIds: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        maxItems: 1024,
        uniqueItems: true,
        description:
          'Only with `controllerId`, and where another controller of its subsystem stays with the host. Namespaces of the subsystem with which the controller goes, and no others: they are detached from every other controller of the host, and what else is attached to it stays with the host, through another one. Left out: it goes with whatever is attached to it.',
      })
    ),
    consumer: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'Which virtual machine this is for: free text',
    }),
    accept: Type.Optional(
      Type.Array(choice(ACCEPTABLE, 'A check'), {
        maxItems: ACCEPTABLE.length,
        uniqueItems: true,
        description:
          'Checks that are not to refuse, each by its name. `not-tenant-safe`: the tenant is trusted not to use what the VF lets it do to others; `isolation-weakened`: nor that the kernel of the host isolates less than its IOMMU groups say.',
      })
    ),
  }
)

export const ReleaseShape = requestShape<ReleaseRequest>(
  'ReleaseRequest',
  'How to take the function back. May be left out.',
  {
    acceptUncleaned: Type.Optional(
      Type.Boolean({
        description:
          'Frees the function without erasing its namespaces, the data of its last user still on them. An event says so.',
      })
    ),
    cleaning: Type.Optional(
      choice(
        ['logical'],
        'Instead of an erase: its namespaces are deleted and others like them created, where the drive can. That nothing can be read of what was on them is then the drive’s word, besides the marked blocks that are looked at. The evidence says `logical`. Not together with `acceptUncleaned`.'
      )
    ),
  }
)
