/** Finds the node at a path, through symbolic links, as namei does. */
import { Refused } from '../refused.ts'
import { directory } from './node.ts'
import type { Directory, Link, Node } from './node.ts'

export type Found = {
  readonly node: Node
  /** Names from the root, without links and dots. */
  readonly trail: readonly string[]
}

/** Linux's MAXSYMLINKS. */
const MOST_LINKS = 40

/** @param last whether a link at the very end is followed, as open does and readlink does not */
export function find(root: Directory, path: string, last: 'follow' | 'keep'): Found {
  if (!path.startsWith('/')) throw new Refused('ENOENT')
  let rest = path
  let nodes: Node[] = [root]
  let trail: string[] = []
  let links = 0
  for (let at = 0; at < rest.length;) {
    const end = endOfName(rest, at)
    const name = rest.slice(at, end)
    at = end + 1
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (trail.pop() !== undefined) nodes.pop()
      continue
    }
    const node = childOf(nodes.at(-1) ?? root, name)
    if (node.kind === 'link' && (last === 'follow' || isMore(rest, at))) {
      if (++links > MOST_LINKS) throw new Refused('EIO')
      rest = `${node.to}/${rest.slice(at)}`
      at = 0
      nodes = [root]
      trail = []
      continue
    }
    nodes.push(node)
    trail.push(name)
  }
  return { node: nodes.at(-1) ?? root, trail }
}

function endOfName(path: string, start: number): number {
  const slash = path.indexOf('/', start)
  return slash < 0 ? path.length : slash
}

/** Whether a name comes after the slashes and dots at `at`. */
function isMore(path: string, at: number): boolean {
  return path.length > at && partsOf(path.slice(at)).length > 0
}

function partsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

function childOf(node: Node, name: string): Node {
  if (node.kind !== 'directory') throw new Refused('ENOTDIR')
  const child = node.child(name)
  if (!child) throw new Refused('ENOENT')
  return child
}

/**
 * The text of a sysfs link: up to the nearest directory that holds both, and down again; never just up.
 * Source: Linux fs/kernfs/symlink.c, kernfs_get_target_path.
 */
export function linkText(trail: readonly string[], { to }: Link): string {
  const from = trail.slice(0, -1)
  const target = partsOf(to)
  let common = 0
  while (common < target.length - 1 && from[common] === target[common]) common++
  return [...from.slice(common).map(() => '..'), ...target.slice(common)].join('/')
}

export const EMPTY = directory(() => ({}))
