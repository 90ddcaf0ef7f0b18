/** Where in a machine file a field stands. */
import { isAlias, isMap, isNode, isPair, isScalar, isSeq } from 'yaml'
import type { Document, LineCounter, Pair } from 'yaml'
import { DOCUMENT, partsOf, within } from './fleet-fault.ts'

/** The line of the field's key, of its item in a list, or, where it is missing, of what it is missing in; from 1. */
export function lineOf(document: Document, lines: LineCounter, field: string): number {
  let node: unknown = document.contents
  let offset = offsetOf(node) ?? 0
  for (const part of partsOf(field)) {
    const here = isAlias(node) ? node.resolve(document) : node
    const next = typeof part === 'number' ? itemOf(here, part) : pairOf(here, part)
    if (next === undefined) break
    offset = offsetOf(isPair(next) ? next.key : next) ?? offset
    node = isPair(next) ? next.value : next
  }
  return lines.linePos(offset).line
}

/** The name of the field whose key begins there. */
export function fieldAt(document: Document, offset: number): string | undefined {
  return fieldIn(document.contents, offset, DOCUMENT)
}

function fieldIn(node: unknown, offset: number, at: string): string | undefined {
  if (isSeq(node))
    return firstOf(node.items, (item, i) => fieldIn(item, offset, within(at, i)))
  if (!isMap(node)) return undefined
  return firstOf(node.items, (pair) => {
    const name = within(at, keyOf(pair))
    return offsetOf(pair.key) === offset ? name : fieldIn(pair.value, offset, name)
  })
}

function firstOf<T>(
  items: readonly T[],
  find: (item: T, index: number) => string | undefined
): string | undefined {
  for (const [i, item] of items.entries()) {
    const found = find(item, i)
    if (found !== undefined) return found
  }
  return undefined
}

function itemOf(node: unknown, index: number): unknown {
  return isSeq(node) ? node.items[index] : undefined
}

function pairOf(node: unknown, key: string): Pair | undefined {
  return isMap(node) ? node.items.find((pair) => keyOf(pair) === key) : undefined
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : ''
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
