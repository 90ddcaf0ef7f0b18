import { ControlPlaneError, type Trouble } from '../../src/errors.ts'

/** What was refused; an error of another kind, or none, fails the test. */
export async function troubleOf(asking: Promise<unknown>): Promise<Trouble> {
  try {
    await asking
  } catch (error) {
    if (error instanceof ControlPlaneError) return error.trouble
    throw error
  }
  throw new Error('nothing was refused')
}

export async function refusalsOf(asking: Promise<unknown>) {
  const trouble = await troubleOf(asking)
  if (trouble.kind !== 'guard') throw new Error(`refused as ${JSON.stringify(trouble)}`)
  return trouble.refusals
}
