export type Count = {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}
export const NOTHING: Count
export function sum(a: Count, b: Count): Count
export function countReport(file: string, status: number | null): Count
export function summary(count: Count): string
export function inWords(count: Count): string
