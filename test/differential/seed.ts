/** A new one each time, printed so that a failure can be run again with DIFFERENTIAL_SEED. */
export function differentialSeed(): number {
  const chosen = process.env['DIFFERENTIAL_SEED']
  const seed = Number(chosen ?? Math.floor(Math.random() * 2 ** 30))
  process.stdout.write(`differential test: seed ${seed}\n`)
  return seed
}
