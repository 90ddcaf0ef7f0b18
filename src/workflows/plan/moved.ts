/** What has become of a plan's world: whether it would do the same now, and what the host answers otherwise. */
import { isDeepStrictEqual } from 'node:util'
import type { Moved, Trouble } from '../../errors.ts'
import type { HostQuery } from '../../host/query.ts'
import type { Answered } from './hosts-now.ts'
import type { MadePlan } from './make-plan.ts'
import type { Plan } from './plan.ts'
import { NOTHING_TOLD, isSameTold, writesInWords } from './told.ts'

export type Compared = Pick<MadePlan, 'plan' | 'params' | 'answers'>

/**
 * Empty: the plan stands, whatever else has changed. Else what the plan would do otherwise, after the answers of the
 * host that may have led to it.
 */
export function movedSince(before: Compared, now: Compared): readonly Moved[] {
  const otherwise = [
    ...refusedNow(before.plan, now.plan),
    ...differences('asked for', before.params, now.params, deviceOfPlan(before.plan)),
    ...stepsMoved(before.plan, now.plan),
    ...differences(
      'affected',
      before.plan.affected,
      now.plan.affected,
      deviceOfPlan(before.plan)
    ),
  ]
  return otherwise.length === 0 ? [] : [...answersMoved(before, now), ...otherwise]
}

function refusedNow(before: Plan, now: Plan): readonly Moved[] {
  if (isDeepStrictEqual(before.refusals, now.refusals)) return []
  return now.refusals.map(({ trouble }) => ({
    device: deviceOf(trouble) ?? deviceOfPlan(now),
    what: 'refused',
    planned: null,
    found: trouble,
  }))
}

function deviceOf(trouble: Trouble): string | undefined {
  if (trouble.kind === 'guard') return trouble.refusals[0]?.device
  return 'device' in trouble ? trouble.device : undefined
}

function deviceOfPlan({ subject, id }: Plan): string {
  return subject?.id ?? id
}

function stepsMoved(before: Plan, now: Plan): readonly Moved[] {
  const names = [...new Set([...before.steps, ...now.steps].map(({ name }) => name))]
  return names.flatMap((name) => {
    const of = ({ steps }: Plan) => steps.find((step) => step.name === name)
    const [one, other] = [of(before), of(now)]
    return (['does', 'undo'] as const).flatMap((way) => {
      const [planned, found] = [one?.[way] ?? NOTHING_TOLD, other?.[way] ?? NOTHING_TOLD]
      if (isSameTold(planned, found)) return []
      const what = way === 'does' ? `step ${name}` : `undo of step ${name}`
      return [
        {
          device: deviceOfPlan(before),
          what,
          planned: writesInWords(planned),
          found: writesInWords(found),
        },
      ]
    })
  })
}

function answersMoved(before: Compared, now: Compared): readonly Moved[] {
  const found = new Map(now.answers.map((one) => [keyOf(one), one.answer]))
  return before.answers.flatMap((one) => {
    const answer = found.get(keyOf(one))
    // Counters of a drive always move.
    if (answer === undefined || one.query.read === 'condition') return []
    if (isDeepStrictEqual(answer, one.answer)) return []
    const device = deviceAsked(one.query)
    return [{ device, what: one.query.read, planned: one.answer, found: answer }]
  })
}

function keyOf({ hostId, query }: Answered): string {
  return `${hostId} ${JSON.stringify(query)}`
}

function deviceAsked(query: HostQuery): string {
  if (query.read === 'trace') return 'the host'
  return 'fn' in query ? query.fn : query.pf
}

function differences(
  what: string,
  planned: unknown,
  found: unknown,
  device: string
): readonly Moved[] {
  const [before, now] = [fieldsOf(planned), fieldsOf(found)]
  return [...new Set([...before.keys(), ...now.keys()])]
    .filter((field) => !isDeepStrictEqual(before.get(field), now.get(field)))
    .map((field) => ({
      device,
      what: `${what}: ${field}`,
      planned: before.get(field) ?? null,
      found: now.get(field) ?? null,
    }))
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}
