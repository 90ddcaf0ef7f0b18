/** The text of a captured sysfs as files. */
import type { FileTree } from './file-tree.ts'

/**
 * Lines are `PATH [MODE] = JSON`, `PATH -> TARGET`, `PATH/ [MODE]`; a section names the real path of what it shows, and a
 * later one of the same path stands. What is before the first is no file.
 */
export function loadCapture(files: FileTree, text: string): void {
  let [shown, real] = ['', '']
  for (const line of text.split('\n')) {
    const section = /^##### [^:]+: (\S+) -> (\S+)$/.exec(line)
    if (section) {
      ;[, shown = '', real = ''] = section
      continue
    }
    if (shown === '' || line === '' || !line.startsWith(shown)) continue
    if (real === '(absent)') continue
    loadLine(files, line.replace(shown, real))
  }
}

function loadLine(files: FileTree, line: string): void {
  const link = /^(\S+) -> (\S+)$/.exec(line)
  if (link?.[1] && link[2]) return files.link(link[1], link[2])
  const directory = /^(\S+)\/ \[/.exec(line)
  if (directory?.[1]) return files.set(directory[1], { kind: 'directory' })
  const file = /^(\S+) \[\d+\] = (.*)$/.exec(line)
  if (!file?.[1] || file[2] === undefined)
    throw new Error(`not a line of a capture: ${line}`)
  if (file[2].startsWith('<binary')) {
    return files.set(file[1], { kind: 'bytes', bytes: new Uint8Array(4096) })
  }
  return files.text(file[1], file[2].startsWith('"') ? textOf(file[2]) : '')
}

/** Long texts are cut short in the capture, without the quote at their end. */
function textOf(json: string): string {
  const whole = json.endsWith('"') && !json.endsWith('…"')
  return whole ? String(JSON.parse(json)) : json.slice(1)
}
