/** Opaque keyset cursors: the last id of a page, with the list that it belongs to. */
import { ControlPlaneError } from '../errors.ts'

export type ListName =
  | 'hosts'
  | 'controllers'
  | 'virtualFunctions'
  | 'virtualFunctionPolicies'
  | 'namespaces'
  | 'assignments'
  | 'operations'
  | 'events'
  | 'drills'

export function encodeCursor(list: ListName, after: string): string {
  return Buffer.from(`${list}\n${after}`).toString('base64url')
}

/** @throws ControlPlaneError invalid: not a cursor of this list */
export function decodeCursor(list: ListName, cursor: string): string {
  const [name, after, ...rest] = Buffer.from(cursor, 'base64url').toString().split('\n')
  const mine = name === list && after !== undefined && after !== '' && rest.length === 0
  // Base64 has spellings that decode to the same bytes; only our own is a cursor.
  if (!mine || encodeCursor(list, after) !== cursor) {
    throw new ControlPlaneError(`listing ${list}`, {
      kind: 'invalid',
      field: 'cursor',
      reason: `is not a cursor of ${list}`,
    })
  }
  return after
}
