/**
 * Markers: blocks that are written before an erase, so that afterwards it can be told whether it reached them. What a
 * block held before proves nothing, since it may have been zeroes. Pure.
 */

export type Markers = {
  /** Nobody else writes the same: an operation's id. */
  readonly token: string
  /** Numbers of the blocks, ascending. */
  readonly blocks: readonly number[]
  /** Bytes of a block, metadata not counted. */
  readonly blockBytes: number
}

/**
 * The first and the last block, and one out of each of equal parts between them.
 *
 * @param seed the same gives the same blocks: an operation's id
 * @param blocks of the namespace, at least 1
 */
export function sampledBlocks(
  seed: string,
  blocks: number,
  count: number
): readonly number[] {
  const part = blocks / count
  const between = Array.from({ length: count }, (_, nth) =>
    Math.floor((nth + fractionOf(`${seed} ${nth}`)) * part)
  )
  return [...new Set([0, ...between, blocks - 1])].toSorted((a, b) => a - b)
}

/** The text over and over, each time with the block's number: no drive makes such a block by itself. */
export function markerOf({ token, blockBytes }: Markers, block: number): Uint8Array {
  const text = new TextEncoder().encode(`nvirt marker ${token} block ${block}; `)
  return Uint8Array.from({ length: blockBytes }, (_, at) => text[at % text.length] ?? 0)
}

/** Whether any of a marker is left, of this block or of another: one line of it tells. */
export function isMarked({ token }: Markers, bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes).includes(`nvirt marker ${token}`)
}

/** FNV-1a, as a part of 1. */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
}
