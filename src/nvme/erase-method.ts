/**
 * How one namespace is erased so that nothing else is. Pure.
 * Source: NVMe Base 2.1, "Identify Controller Data Structure" (OACS, FNA), "Format NVM command"; Sanitize is of the whole
 * subsystem, and no way to erase what one tenant had.
 */
import type { SecureErase } from './admin-commands.ts'
import type { FormatAttributes, OptionalAdminCommands } from './identify-controller.ts'

export type EraseMethod =
  | { readonly method: 'format'; readonly secureErase: SecureErase }
  /** Every block is written with zeroes. */
  | { readonly method: 'overwrite' }

/**
 * The namespace is deleted, and one like it created. It erases nothing: that what was on it cannot be read any more is the
 * drive's word. Only where an operator asks for it, and never called an erase.
 */
export const LOGICAL = 'logical: deleted and created'

/**
 * A drive whose Format or secure erase takes all namespaces gets none, however many it has: others may be made, or be
 * attached elsewhere, in the meantime. By key where the drive can, since that also reaches what it has mapped out.
 */
export function chooseErase(drive: {
  readonly optional: Pick<OptionalAdminCommands, 'format'>
  readonly format: FormatAttributes
}): EraseMethod {
  const { formatsAllNamespaces, erasesAllNamespaces, cryptographicErase } = drive.format
  const isOfOne = !formatsAllNamespaces && !erasesAllNamespaces
  if (!drive.optional.format || !isOfOne) return { method: 'overwrite' }
  return {
    method: 'format',
    secureErase: cryptographicErase ? 'cryptographic' : 'user-data',
  }
}

export function methodInWords(erase: EraseMethod): string {
  return erase.method === 'format' ? `format, ${erase.secureErase} erase` : 'overwrite'
}
