/** Globs of paths: `*` within a name, `**` over several, `?` one character of a name. The whole path must match. */
export function globPattern(glob: string): RegExp {
  const source = glob.replace(/\*\*|[*?]|[^*?]+/g, (part) => MEANS[part] ?? literal(part))
  return new RegExp(`^${source}$`, 's')
}

const MEANS: Readonly<Record<string, string>> = { '**': '.*', '*': '[^/]*', '?': '[^/]' }

function literal(text: string): string {
  return text.replace(/[.+^${}()|[\]\\]/g, '\\$&')
}
