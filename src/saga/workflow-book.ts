/** Which workflows this nvirt has code for, and how an operation's record is read with it. */
import type { OperationRecord } from './operation.ts'
import type { Json, Step, WorkflowDefinition } from './workflow.ts'

export type Plan<W> = {
  readonly definition: WorkflowDefinition<W>
  readonly steps: readonly Step<W>[]
  readonly locks: readonly string[]
}

export interface WorkflowBook<W> {
  /** By the newest version of that name. @throws Error (a bug) when there is none, or its steps are not well made. */
  readonly plan: (workflow: string, params: Json) => Plan<W>
  /** By the version that the operation was started with. @throws when no code knows it, or it has other steps now. */
  readonly planOf: (record: OperationRecord) => Plan<W>
}

export function createWorkflowBook<W>(
  definitions: readonly WorkflowDefinition<W>[]
): WorkflowBook<W> {
  const newestFirst = definitions.toSorted((a, b) => b.version - a.version)
  return {
    plan: (workflow, params) => {
      const definition = newestFirst.find(({ name }) => name === workflow)
      if (definition === undefined) throw new Error(`no workflow ${workflow}`)
      return wellMade(planWith(definition, params))
    },
    planOf: ({ workflow, version, params, steps }) => {
      const known = definitions.find((d) => d.name === workflow && d.version === version)
      if (known === undefined) throw needsAnother(workflow, version)
      const plan = planWith(known, params)
      if (!sameNames(plan.steps, steps)) throw needsAnother(workflow, version)
      return plan
    },
  }
}

function planWith<W>(definition: WorkflowDefinition<W>, params: Json): Plan<W> {
  return { definition, steps: definition.steps(params), locks: definition.locks(params) }
}

/** Outputs are found by the step's name, and there is one point of no return. */
function wellMade<W>(plan: Plan<W>): Plan<W> {
  const { definition, steps } = plan
  const names = new Set(steps.map(({ name }) => name))
  if (names.size < steps.length) throw new Error(`${definition.name} names a step twice`)
  const commits = steps.filter(({ commit }) => commit === true)
  if (commits.length > 1) throw new Error(`${definition.name} has several commit steps`)
  return plan
}

function needsAnother(workflow: string, version: number): Error {
  return new Error(
    `needs another nvirt: this one has no code for ${workflow} version ${version}`
  )
}

function sameNames(
  a: readonly { name: string }[],
  b: readonly { name: string }[]
): boolean {
  return a.length === b.length && a.every(({ name }, index) => name === b[index]?.name)
}
