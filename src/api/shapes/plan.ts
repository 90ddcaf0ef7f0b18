import { Type } from 'typebox'
import type { PlanView, RefusalView } from '../plan-view.ts'
import {
  answerShape,
  anyJson,
  choice,
  count,
  flag,
  inline,
  listOf,
  nullable,
  text,
  time,
  whole,
} from '../shape.ts'
import { AssignmentState } from './assignment.ts'
import { Use } from './namespace.ts'

type Step = PlanView['steps'][number]
type Told = Step['does']
type Change = Told['changes'][number]
type Written = Change['writes'][number]
type Write = Written['write']
type Affected = PlanView['affected']

const SysfsWrite = inline<Extract<Write, { to: 'sysfs' }>>('One write of a whole text', {
  to: choice(['sysfs'], 'A file of the kernel'),
  path: text('Path'),
  text: text('What is written'),
})

const AdminWrite = inline<Extract<Write, { to: 'nvme' }>>('An NVMe admin command', {
  to: choice(['nvme'], 'A controller'),
  device: text('Character device of the controller that gets it'),
  opcode: count('Opcode'),
  nsid: count('NSID'),
  cdw10: count('Command Dword 10'),
  cdw11: count('Command Dword 11'),
  fields: Type.Unsafe<Extract<Write, { to: 'nvme' }>['fields']>(
    anyJson('The same by the names of the specification: `{ CNTLID: 1, RT: 0, ACT: 8 }`')
  ),
  data: nullable(text('Data to the controller, hex, without the zeros at its end')),
})

const BlockWrite = inline<Extract<Write, { to: 'blocks' }>>('Blocks of a namespace', {
  to: choice(['blocks'], 'Whatever disk the namespace then has on the host'),
  through: text('Function of the host’s driver'),
  nsid: count('Namespace'),
  offset: count('Bytes from its start'),
  length: count('Bytes'),
  content: choice(
    ['marker', 'zeroes'],
    'By a marker an erase is told to have happened; zeroes are written in pieces'
  ),
})

const WrittenShape = inline<Written>('A write', {
  inWords: text('For people'),
  write: Type.Unsafe<Write>({
    anyOf: [SysfsWrite, AdminWrite, BlockWrite],
    description: 'As it is made',
  }),
  predicted: flag('Its function does not exist yet: the address is a prediction'),
  onlyIf: nullable(text('What must be so by then; null: it is written in any case')),
})

const ChangeShape = inline<Change>('A change of the host', {
  change: Type.Unsafe<Change['change']>(anyJson('What is to be so')),
  writes: listOf(WrittenShape, 'In order; none where it is so already'),
})

const told = (description: string) =>
  inline<Told>(description, {
    changes: listOf(ChangeShape, 'In order'),
    unforeseen: nullable(
      text('Why not everything that it writes is known before; null: everything is')
    ),
    waitsFor: nullable(text('What it would wait for as things are; null: nothing')),
  })

const StepShape = inline<Step>('A step', {
  name: text('Name'),
  commit: flag('From here on the operation only goes forward'),
  does: told('What it does'),
  undo: nullable(
    told('What its undo does, should a later step fail; the last is undone first')
  ),
})

const RefusalShape = inline<RefusalView>('Something that speaks against it', {
  step: nullable(text('Step that would be refused; null: the request is')),
  check: text('Stable name of the check: `namespace-mounted`, `wrong-state`'),
  device: nullable(text('What the check looked at')),
  reason: text('What is wrong'),
  remedy: nullable(text('What to do about it')),
})

const AffectedShape = inline<Affected>('Whom it reaches besides what is asked for', {
  virtualFunctions: listOf(
    inline<Affected['virtualFunctions'][number]>('A VF', {
      virtualFunctionId: text('Id'),
      address: nullable(text('PCI address; null: it does not exist yet')),
      effect: choice(['appears', 'disappears', 'reset'], 'What becomes of it'),
      tenant: nullable(text('Whose it is; null: it is in the pool')),
    }),
    'VFs of the primary'
  ),
  siblings: listOf(
    inline<Affected['siblings'][number]>('A function', {
      address: text('PCI address'),
      iommuGroup: whole('IOMMU group'),
      driver: nullable(text('Driver that has it')),
    }),
    'Functions in the IOMMU group of one whose driver changes'
  ),
  assignments: listOf(
    inline<Affected['assignments'][number]>('An assignment', {
      assignmentId: text('Id'),
      consumer: text('Who has it'),
      tenant: text('Whose it is'),
      state: AssignmentState,
    }),
    'Of the function itself, and of all these'
  ),
  tenants: listOf(text('Tenant'), 'Whose they are'),
  mounts: listOf(
    Use,
    'What on the host uses namespaces that it moves, erases or resets, or that have to wait for a format of another'
  ),
})

export const PlanShape = answerShape<PlanView>(
  'Plan',
  'What a request would do, to be run within 15 minutes by the same request with `?plan=<id>`; of each tenant the newest 200 are kept',
  {
    id: text('Of the plan, and of the operation that it is run as'),
    workflow: nullable(
      text('What would be done; null: it is refused before that is known')
    ),
    subject: nullable(
      inline<NonNullable<PlanView['subject']>>('What it works on', {
        kind: text('Kind of resource'),
        id: text('Id of the resource'),
      })
    ),
    steps: listOf(StepShape, 'Steps in order'),
    affected: AffectedShape,
    resets: listOf(
      inline<PlanView['resets'][number]>('A Function Level Reset', {
        device: text('PCI address'),
        of: choice(
          ['virtual-function', 'primary'],
          'That of a primary takes its secondaries down, and stops its I/O for a moment'
        ),
        step: text('Step that resets it'),
      }),
      'What is reset'
    ),
    refusals: listOf(
      RefusalShape,
      'Everything that speaks against it; none: it can be run'
    ),
    createdAt: time('When it was made'),
    expiresAt: time('Until when it can be run'),
  }
)
