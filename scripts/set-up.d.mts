export const PROJECT: string
export class SetUpError extends Error {}
export function setUp(): void
export function isCompiled(): boolean
