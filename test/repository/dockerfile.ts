/** A Dockerfile as a list of instructions. Source: Docker docs, "Dockerfile reference", "Format". */
export type Instruction = { readonly name: string; readonly words: readonly string[] }

export function parseDockerfile(text: string): readonly Instruction[] {
  return text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...words] = line.trim().split(/\s+/)
      return { name, words }
    })
}

/** Words of an instruction in its JSON form, as CMD and HEALTHCHECK have. */
export function jsonForm(instruction: Instruction): readonly string[] {
  const text = instruction.words.join(' ')
  return JSON.parse(text.slice(text.indexOf('['))) as string[]
}
