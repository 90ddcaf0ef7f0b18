/** Namespace identifiers that a drive takes. Source: NVMe Base 2.1, "Namespace Identifier"; QEMU nvme_nsid_valid. */

/** QEMU's NVME_MAX_NAMESPACES, reported as NN. */
export const MAX_NAMESPACES = 256
export const BROADCAST = 0xffffffff

export function isValidNsid(nsid: number): boolean {
  return nsid === BROADCAST || (nsid > 0 && nsid <= MAX_NAMESPACES)
}
