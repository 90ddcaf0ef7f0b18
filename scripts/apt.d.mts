export type Tool = { readonly program: string; readonly package: string }
export const COMPILERS: readonly Tool[]
export const LAB_TOOLS: readonly Tool[]
export const CLONE_TOOLS: readonly Tool[]
export const BROWSER_TOOLS: readonly Tool[]
export function provide(tools: readonly Tool[]): readonly Tool[]
export function missingOf(tools: readonly Tool[]): readonly Tool[]
export function howToInstall(tools: readonly Tool[]): string
