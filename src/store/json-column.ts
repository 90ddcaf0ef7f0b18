/** JSON in a text column; null is NULL. */
export function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** What `toJson` wrote. The database is our own: its shape is as trustworthy as our types. */
export function fromJson<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T)
}

/** For a column that is never NULL. */
export function fromJsonText<T>(text: string): T {
  return JSON.parse(text) as T
}
