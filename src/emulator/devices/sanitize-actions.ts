/** Sanitize's actions as numbers. Source: NVMe Base 2.1, "Sanitize command", "Identify Controller Data Structure" (SANICAP). */
import type { ErasingPolicy, SanitizeAction } from './device-policy.ts'

/** SANACT. */
export const SANITIZE_ACTIONS: ReadonlyMap<number, SanitizeAction> = new Map([
  [2, 'block-erase'],
  [3, 'overwrite'],
  [4, 'crypto-erase'],
])

const CAPABILITY: Readonly<Record<SanitizeAction, number>> = {
  'crypto-erase': 1 << 0,
  'block-erase': 1 << 1,
  overwrite: 1 << 2,
}

/** SANICAP; 0 is "no Sanitize". */
export function sanitizeCapabilities({ sanitizeMs }: ErasingPolicy): number {
  return [...SANITIZE_ACTIONS.values()]
    .filter((action) => sanitizeMs[action] !== undefined)
    .reduce((bits, action) => bits | CAPABILITY[action], 0)
}
