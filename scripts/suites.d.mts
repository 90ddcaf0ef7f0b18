import type { Tool } from './apt.mjs'

export const UNAVAILABLE: number
export type Suite = {
  readonly name: string
  readonly tools: readonly Tool[]
  readonly onlyFull?: boolean
  readonly checks?: readonly string[]
  readonly command?: (report: string) => readonly string[]
  readonly prepare?: readonly string[]
}
export const SUITES: readonly Suite[]
