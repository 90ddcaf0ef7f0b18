import { Type } from 'typebox'
import type { TSchema } from 'typebox'
import { CALL_KINDS } from '../../drills/drills.ts'
import type {
  CallMatch,
  DrillRequest,
  DrillView,
  FaultDescription,
  FaultKind,
  MachineEvent,
} from '../../drills/drills.ts'
import {
  answerShape,
  choice,
  count,
  flag,
  nullable,
  ref,
  requestShape,
  text,
} from '../shape.ts'
import type { FieldsOf, Shape } from '../shape.ts'

const strict = { additionalProperties: false }
const address = Type.String({
  pattern: '^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$',
  description: 'PCI address: `0000:41:00.0`',
})
const dword = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffffffff, description }))
const MOST_MS = 24 * 3600 * 1000

/** One branch of a union: its tag, and what it has besides. */
function branch<T>(description: string, fields: FieldsOf<T>): TSchema {
  return Type.Object(fields, { ...strict, description })
}

type Kind<F extends FaultKind['fault']> = Extract<FaultKind, { readonly fault: F }>

const FaultKinds = Type.Unsafe<FaultKind>(
  Type.Union(
    [
      branch<Kind<'errno'>>('The call fails with that errno', {
        fault: Type.Literal('errno'),
        errno: Type.String({ pattern: '^E[A-Z0-9]{1,14}$', description: '`EIO`' }),
      }),
      branch<Kind<'status'>>('The admin command fails with that NVMe status', {
        fault: Type.Literal('status'),
        status: Type.Integer({ minimum: 1, maximum: 0x7fff, description: '15 bits' }),
      }),
      branch<Kind<'status-with-effect'>>(
        'The admin command has its effect, and then fails with that NVMe status',
        {
          fault: Type.Literal('status-with-effect'),
          status: Type.Integer({ minimum: 1, maximum: 0x7fff, description: '15 bits' }),
          ms: Type.Integer({ minimum: 1, maximum: MOST_MS, description: 'So much later' }),
        }
      ),
      branch<Kind<'without-effect'>>('The call says that it was done, and was not', {
        fault: Type.Literal('without-effect'),
      }),
      branch<Kind<'slow'>>('The call begins that much later', {
        fault: Type.Literal('slow'),
        ms: Type.Integer({ minimum: 1, maximum: MOST_MS, description: 'Milliseconds' }),
      }),
      branch<Kind<'never-returns'>>('The call hangs until the drill is taken back', {
        fault: Type.Literal('never-returns'),
      }),
    ],
    { description: 'What becomes of the call' }
  )
)

const Match = Type.Unsafe<CallMatch>(
  branch<CallMatch>('Which kernel calls; whatever is left out matches all', {
    call: Type.Optional(choice(CALL_KINDS, 'Kind of call')),
    path: Type.Optional(
      Type.String({
        pattern: '^[^\\n]{1,500}$',
        description: 'Glob of the whole path or device: `**/sriov_numvfs`',
      })
    ),
    text: Type.Optional(
      Type.String({ maxLength: 4096, description: 'What is written, exactly' })
    ),
    address: Type.Optional({ ...address, description: 'Function that it is about' }),
    opcode: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 255, description: 'Of an admin command' })
    ),
    nsid: dword('Namespace id of an admin command'),
    cdw10: dword('Command dword 10'),
    cdw11: dword('Command dword 11'),
    control: Type.Optional(flag('Only calls that may change something')),
  })
)

export const FaultShape = requestShape<FaultDescription>(
  'Fault',
  'Kernel calls of a host that are spoiled',
  {
    match: Match,
    skip: Type.Optional(count('Matching calls to let pass first')),
    times: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Matching calls to spoil; default all' })
    ),
    chance: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: 'Part of them; default all' })
    ),
    seed: Type.Optional(Type.Integer({ description: 'Of the chance' })),
    kind: FaultKinds,
  }
)

type EventOf<E extends MachineEvent['event']> = Extract<MachineEvent, { readonly event: E }>
/** Those that have nothing but a function. */
type OfFunction = 'controller-reset' | 'function-reset' | 'surprise-removal' | 'hot-plug'

function happening(event: OfFunction, description: string): TSchema {
  return Type.Object({ event: Type.Literal(event), address }, { ...strict, description })
}

export const MachineEventShape = Type.Union(
  [
    happening('controller-reset', 'nvme resets the controller'),
    happening('function-reset', 'The function is reset (FLR)'),
    happening('surprise-removal', 'The drive is torn out of its slot'),
    happening('hot-plug', 'A drive that was torn out is back'),
    branch<EventOf<'resources-lost'>>('Secondaries are offline, without VQ and VI', {
      event: Type.Literal('resources-lost'),
      address,
      vfNumber: Type.Optional(
        Type.Integer({ minimum: 1, description: 'Only that of this VF; default all' })
      ),
    }),
    branch<EventOf<'reboot'>>('The host reboots', {
      event: Type.Literal('reboot'),
      downMs: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: MOST_MS,
          description: 'Milliseconds; default 0',
        })
      ),
    }),
  ],
  { $id: 'MachineEvent', description: 'What happens to an emulated host' }
) as unknown as Shape<MachineEvent>

export const DrillRequestShape = requestShape<DrillRequest>(
  'DrillRequest',
  'A fault to arm or an event to happen, exactly one of the two',
  { fault: Type.Optional(ref(FaultShape)), event: Type.Optional(ref(MachineEventShape)) },
  {
    examples: [
      {
        fault: {
          match: { path: '**/sriov_numvfs' },
          times: 1,
          kind: { fault: 'errno', errno: 'EIO' },
        },
      },
      { event: { event: 'surprise-removal', address: '0000:41:00.0' } },
    ],
  }
)

export const DrillShape = answerShape<DrillView>(
  'Drill',
  'An emulated host that was made to fail',
  {
    id: nullable(text('Opaque id of an armed fault; null for an event, which is over')),
    hostId: text('Host that fails'),
    fault: nullable(ref(FaultShape)),
    event: nullable(ref(MachineEventShape)),
    struck: count('Calls that the fault has spoiled'),
    hanging: count('Calls that hang in it now'),
    over: flag('Nothing more will come of it'),
  }
)
