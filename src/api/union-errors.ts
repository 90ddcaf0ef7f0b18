/**
 * Errors of a union whose branches have a tag (a field with a constant): a validator complains of every branch, and only
 * the one that was meant tells anything.
 */
import type { SchemaError } from './validation-errors.ts'

/** Errors of branches that were not meant are left out; where none was meant, one error says which tags there are. */
export function ofMeantBranches(errors: readonly SchemaError[]): readonly SchemaError[] {
  const tagErrors = new Map(
    errors.flatMap((error) => {
      const branch = TAG_OF_BRANCH.exec(error.schemaPath ?? '')?.[1]
      return branch === undefined ? [] : [[branch, error] as const]
    })
  )
  const meant = new Set<string>()
  for (const error of errors) {
    const branch = branchOf(error)
    if (branch !== undefined && !tagErrors.has(branch)) meant.add(unionOf(branch))
  }
  return errors.flatMap((error) => {
    const branch = branchOf(error)
    if (branch === undefined || !tagErrors.has(branch)) return [error]
    const isFirst = tagErrors.get(branch) === error && branch.endsWith('/anyOf/0')
    if (!isFirst || meant.has(unionOf(branch))) return []
    return [unknownTag(error, tagsOf(tagErrors, unionOf(branch)))]
  })
}

/** `…/anyOf/2/properties/fault/const`. */
const TAG_OF_BRANCH = /^(.*\/anyOf\/\d+)\/properties\/[^/]+\/const$/

function branchOf({ schemaPath = '' }: SchemaError): string | undefined {
  return /^.*\/anyOf\/\d+(?=\/)/.exec(schemaPath)?.[0]
}

function unionOf(branch: string): string {
  return branch.slice(0, branch.lastIndexOf('/'))
}

function tagsOf(tagErrors: ReadonlyMap<string, SchemaError>, union: string) {
  return Array.from(tagErrors)
    .filter(([branch]) => unionOf(branch) === union)
    .map(([, { params }]) => params['allowedValue'])
}

function unknownTag(error: SchemaError, allowedValues: readonly unknown[]): SchemaError {
  return { ...error, keyword: 'enum', params: { allowedValues } }
}
