/** The text of a machine file as YAML 1.2: its value, what is wrong with its syntax, and where its fields stand. */
import { LineCounter, parseDocument, visit } from 'yaml'
import type { Document, YAMLError } from 'yaml'
import { DOCUMENT } from './fleet-fault.ts'
import type { FleetFault } from './fleet-fault.ts'
import { fieldAt, lineOf } from './fleet-lines.ts'

/** A fault, and the line on which it stands, from 1. */
export type LocatedFault = FleetFault & { readonly line: number }

export type FleetText = {
  readonly syntax: readonly LocatedFault[]
  /** undefined: there is no value that could be looked at. With a key that is there twice there is one. */
  readonly content: { readonly value: unknown } | undefined
  readonly lineOf: (field: string) => number
}

export function readFleetText(text: string): FleetText {
  const lines = new LineCounter()
  const options = { lineCounter: lines, prettyErrors: false, stringKeys: true } as const
  const document = parseDocument(text, options)
  const { content, faults } = contentOf(document)
  const located = [...troubles(document), ...faults].map(({ offset, field, reason }) => ({
    line: lines.linePos(offset).line,
    field,
    reason,
  }))
  return { syntax: located, content, lineOf: (field) => lineOf(document, lines, field) }
}

type SyntaxFault = FleetFault & { readonly offset: number }

const SYNTAX = 'syntax'

/** Warnings count: a tag that is not known changes what a value is. */
function troubles(document: Document): readonly SyntaxFault[] {
  return [...document.errors, ...document.warnings].map((trouble) => {
    const [offset] = trouble.pos
    const field = isRepetition(trouble) ? fieldAt(document, offset) : undefined
    return field === undefined
      ? { offset, field: SYNTAX, reason: trouble.message }
      : { offset, field, reason: 'is there twice' }
  })
}

function isRepetition({ code }: YAMLError): boolean {
  return code === 'DUPLICATE_KEY'
}

type Content = {
  readonly content: FleetText['content']
  readonly faults: readonly SyntaxFault[]
}

function contentOf(document: Document): Content {
  if (!document.errors.every(isRepetition)) return { content: undefined, faults: [] }
  const faults = danglingAliases(document)
  if (faults.length > 0) return { content: undefined, faults }
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES })
    return { content: { value }, faults }
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const tooMany = { offset: 0, field: DOCUMENT, reason: 'has too many aliases' }
    return { content: undefined, faults: [tooMany] }
  }
}

/** A guard against a small text that would unfold to a huge value. */
const MOST_ALIASES = 10_000

function danglingAliases(document: Document): readonly SyntaxFault[] {
  const anchors = new Set<string>()
  const found: SyntaxFault[] = []
  visit(document, {
    Value: (_key, { anchor }) => {
      if (anchor !== undefined) anchors.add(anchor)
    },
    Alias: (_key, { source, range }) => {
      if (anchors.has(source)) return
      const reason = `there is no anchor before *${source}`
      found.push({ offset: range?.[0] ?? 0, field: SYNTAX, reason })
    },
  })
  return found
}
