import { Type } from 'typebox'
import type {
  VirtualFunctionPolicy,
  VirtualFunctionPolicyView,
} from '../../workflows/workflows.ts'
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

/** Well above any drive: it decides, and says what it has. */
const MOST_RESOURCES = 65_535
const MOST_VFS = 1_024
const HEAVIEST = 1_000

const amount = (description: string, minimum = 1) =>
  Type.Optional(Type.Integer({ minimum, maximum: MOST_RESOURCES, description }))

const sharing = (what: string) =>
  Type.Object(
    {
      each: amount(`${what} for each VF; nothing else beside it`),
      weights: Type.Optional(
        Type.Array(Type.Integer({ minimum: 1, maximum: HEAVIEST }), {
          maxItems: MOST_VFS,
          description: 'One for each VF. Default: all weigh the same',
        })
      ),
      minimum: amount('Least for each VF. Default: what it needs to come online'),
      maximum: amount('Most for each VF. Default: what the drive lets one have'),
    },
    {
      additionalProperties: false,
      description: `How the VFs share ${what} of the pool: each a number, or by weight`,
    }
  )

const PolicyFields = {
  count: Type.Integer({
    minimum: 0,
    maximum: MOST_VFS,
    description: 'VFs that there are to be: VF 1 to this one. 0: none',
  }),
  vq: sharing('queue pairs, the admin queue pair included,'),
  vi: sharing('interrupt vectors'),
  namespaceIds: Type.Optional(
    Type.Array(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        maxItems: 1024,
        uniqueItems: true,
        description: 'Of one VF. All others are detached from it.',
      }),
      {
        maxItems: MOST_VFS,
        description: 'Namespaces, the first list of VF 1. Default: none',
      }
    )
  ),
  driver: Type.Optional(
    choice(['none', 'nvme'], 'Whether the host uses the VFs itself. Default: none')
  ),
}

export const DeclareShape = requestShape<VirtualFunctionPolicy>(
  'VirtualFunctionPolicyRequest',
  'The VFs that a controller is to have, and how they share its pools',
  PolicyFields,
  {
    examples: [
      { count: 2, vq: { weights: [2, 1], maximum: 8 }, vi: { each: 3 }, driver: 'none' },
    ],
  }
)

type DeclaredVf = VirtualFunctionPolicyView['virtualFunctions'][number]

const divided = {
  vq: count('Queue pairs, the admin queue pair included'),
  vi: count('Interrupt vectors'),
  namespaceIds: listOf(text('Id of a namespace'), 'Namespaces'),
  driver: nullable(text('Driver of the host that has it')),
}

const DeclaredVfFields = inline<DeclaredVf>('A VF: what is desired of it, and what it is', {
  id: nullable(text('Id of the VF. Null: the drive lists no such VF')),
  vfNumber: count('1-based'),
  desired: nullable(
    inline<NonNullable<DeclaredVf['desired']>>(
      'What was declared, the pools divided. Null: there is to be none',
      divided
    )
  ),
  actual: nullable(
    inline<NonNullable<DeclaredVf['actual']>>(
      'As the last scan saw it. Null: the drive lists no such VF',
      { ...divided, state: choice(['online', 'offline'], 'Of the secondary controller') }
    )
  ),
  state: choice(
    ['as-declared', 'pending', 'changing', 'waiting', 'failing', 'given-up'],
    'Pending: it is about to be changed. Changing: an operation does. Waiting: for somebody else; it is not touched before. Failing: it is tried again. Given up: it is not, until it is declared again or the host restarts'
  ),
  reason: nullable(text('Why it is not as declared. Null: it is, or is about to be')),
  remedy: nullable(text('What to do about it')),
  operationId: nullable(text('Operation that changes it, or that failed to')),
})

export const VirtualFunctionPolicyShape = answerShape<VirtualFunctionPolicyView>(
  'VirtualFunctionPolicy',
  'What is declared of the VFs of a controller, and how far they are so',
  {
    controllerId: text('Controller whose VFs they are'),
    hostId: text('Host that it is in'),
    count: PolicyFields.count,
    vq: PolicyFields.vq,
    vi: PolicyFields.vi,
    namespaceIds: listOf(
      listOf(text('Id of a namespace'), 'Of one VF'),
      'Namespaces, the first list of VF 1'
    ),
    driver: choice(['none', 'nvme'], 'Whether the host uses the VFs itself'),
    actor: text('Who declared it'),
    declaredAt: time('When it was declared'),
    converged: flag('All VFs are as declared'),
    virtualFunctions: listOf(
      DeclaredVfFields,
      'By number: VFs that are declared, and those that are to go'
    ),
  }
)
