/** Operations' steps as their column has them, kept from entry to entry: of many steps an entry changes one or two. */
import type { StepRecord } from '../saga/operation.ts'
import { stepText } from './operation-columns.ts'

export interface StepTexts {
  /** Of each step, in order. */
  readonly of: (operationId: string, steps: readonly StepRecord[]) => readonly string[]
  /** Nothing more is expected of it. */
  readonly forget: (operationId: string) => void
}

type Known = { steps: readonly StepRecord[]; readonly texts: string[] }

export function createStepTexts(): StepTexts {
  const known = new Map<string, Known>()
  return {
    of: (id, steps) => kept(known, id, steps).texts,
    forget: (id) => void known.delete(id),
  }
}

/** A step is never changed in place: the same one has the same text. */
function kept(known: Map<string, Known>, id: string, steps: readonly StepRecord[]): Known {
  const before = known.get(id)
  if (before?.steps.length !== steps.length) {
    const first = { steps, texts: steps.map(stepText) }
    known.set(id, first)
    return first
  }
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index]
    if (step && before.steps[index] !== step) before.texts[index] = stepText(step)
  }
  before.steps = steps
  return before
}
