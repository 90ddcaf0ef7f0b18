/** Where two stories of one sequence part: the first thing that is not the same and not known to differ. */
import { inWords, type Command } from './commands.ts'
import type { Story } from './emulated.ts'
import { NOT_TOLD, isKnown, type Difference } from './known-differences.ts'

/** A real machine in trouble tells less: what it does not tell is a difference. */
export function firstDifference(
  commands: readonly Command[],
  emulated: Story,
  real: Story
): Difference | undefined {
  const told = commands.map((command, place) => ({
    place,
    what: inWords(command),
    real: real.outcomes[place] ?? NOT_TOLD,
    emulated: emulated.outcomes[place] ?? NOT_TOLD,
  }))
  const ended = Object.keys(emulated.end).map((name) => ({
    place: undefined,
    what: name,
    real: real.end[name] ?? NOT_TOLD,
    emulated: emulated.end[name] ?? NOT_TOLD,
  }))
  return [...told, ...ended].find((one) => one.real !== one.emulated && !isKnown(one))
}

/** For people: the way to it, by what the real machine said, and it. */
export function story(
  commands: readonly Command[],
  real: Story,
  { place, what, real: said, emulated }: Difference
): string {
  const before = commands
    .slice(0, place)
    .map((command, n) => `  ${inWords(command)}: ${real.outcomes[n]?.slice(0, 80)}`)
  return [...before, what, `  real      ${said}`, `  emulated  ${emulated}`].join('\n')
}
