import type { OperationView } from '../../workflows/workflows.ts'
import {
  answerShape,
  anyJson,
  choice,
  count,
  flag,
  inline,
  listOf,
  nullable,
  ref,
  requestShape,
  text,
  time,
} from '../shape.ts'
import { Type } from 'typebox'

type State = OperationView['state']
type Step = OperationView['steps'][number]
type Trouble = NonNullable<OperationView['error']>

/** All states, by name. A state that is added does not compile until it is here. */
const STATES = {
  waiting: 0,
  running: 0,
  blocked: 0,
  undoing: 0,
  succeeded: 0,
  undone: 0,
  stuck: 0,
} satisfies Record<State, 0>

export const OperationState = choice(
  Object.keys(STATES) as State[],
  'Waiting for a lock, running, blocked by something that no program can hurry, undoing; at the end succeeded, undone, or stuck: a person must look'
)

export const OperationErrorShape = answerShape<Trouble>(
  'OperationError',
  'What went wrong in an operation',
  {
    step: text('Step in which it went wrong'),
    message: text('What was being done'),
    causes: listOf(text('Message'), 'Chain of causes, outermost first'),
    detail: Type.Unsafe<Trouble['detail']>(anyJson('The typed part of the error')),
  }
)

const StepFields = inline<Step>('A step', {
  name: text('Name'),
  state: choice(
    ['pending', 'running', 'done', 'failed', 'undoing', 'undone', 'undo-failed'],
    'State of the step'
  ),
  output: Type.Unsafe<Step['output']>(anyJson('What later steps use')),
  error: nullable(ref(OperationErrorShape)),
  attempts: count('Times that it was begun'),
  progress: nullable(
    inline<NonNullable<Step['progress']>>(
      'How far the step says that it is; kept every two seconds at most, and through restarts',
      {
        done: Type.Number({ description: 'Of `total`', minimum: 0 }),
        total: Type.Number({ description: 'All that there is to do', minimum: 0 }),
        unit: text('What is counted'),
        at: time('When it said so'),
      }
    )
  ),
  startedAt: nullable(time('When it was last begun')),
  endedAt: nullable(time('When it ended')),
})

export const OperationShape = answerShape<OperationView>(
  'Operation',
  'Work on the hardware: durable, step by step, undone when it fails before its commit step',
  {
    id: text('Opaque id'),
    workflow: text('What is being done'),
    version: count('Version of the workflow'),
    params: Type.Unsafe<OperationView['params']>(anyJson('What it was started with')),
    state: OperationState,
    steps: listOf(StepFields, 'Steps in order'),
    committed: flag('Its commit step has begun: it only goes forward'),
    error: nullable(ref(OperationErrorShape)),
    blocked: Type.Unsafe<OperationView['blocked']>(
      anyJson('The kernel call that does not come back, since when, and who holds it')
    ),
    waitsFor: listOf(
      text('Id of an operation'),
      'Operations that hold a lock it waits for'
    ),
    actor: text('Who asked for it'),
    tenant: text('Whose it is'),
    createdAt: time('When it was asked for'),
    updatedAt: time('When it last changed'),
    subject: inline<OperationView['subject']>('What it works on', {
      kind: text('Kind of resource'),
      id: text('Id of the resource'),
    }),
    progress: inline<OperationView['progress']>('How far it is', {
      stepsDone: count('Steps that are done'),
      stepsTotal: count('Steps of it'),
      fraction: Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Steps done of all, with what the step that runs says of itself',
      }),
    }),
    cancelRequest: nullable(
      inline<NonNullable<OperationView['cancelRequest']>>('Somebody wants it undone', {
        actor: text('Who asked for it'),
        at: time('When it was asked for'),
        waitsFor: nullable(
          choice(
            ['running-step', 'blocked-call', 'undo'],
            'The undo begins when the step that runs has ended, or goes on when the kernel call has come back; `undo`: it runs'
          )
        ),
      })
    ),
    allowed: listOf(
      choice(['cancel', 'retry'], 'A request'),
      'What may be asked of it as it is'
    ),
  }
)

/** The path says all that there is to say. */
export const NothingElseShape = requestShape<Readonly<Record<never, never>>>(
  'NothingElse',
  'A request that the path says all of: an empty object, or no body',
  {}
)
